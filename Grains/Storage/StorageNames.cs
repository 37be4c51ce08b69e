namespace Muster.Storage;

/// <summary>Names under which grain storage is registered.</summary>
public static class StorageNames
{
    /// <summary>Device rows: state and fleet index at once.</summary>
    public const string Devices = "devices";
}
