namespace Muster.Storage;

/// <summary>What <see cref="StorageNames.Documents"/> takes.</summary>
public static class DocumentLimits
{
    /// <summary>Bytes of a serialized document: 256 KiB.</summary>
    public const int MaxBytes = 256 << 10;

    /// <summary>Bytes of a grain's key in UTF-8: a device, a module and a slash, and some.</summary>
    public const int MaxKeyBytes = 300;

    /// <summary>Characters of a grain's type, and of the state's name.</summary>
    public const int MaxNameLength = 60;
}
