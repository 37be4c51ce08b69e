namespace Muster.Storage;

/// <summary>Names under which grain storage is registered.</summary>
public static class StorageNames
{
    /// <summary>Device rows: state and fleet index at once.</summary>
    public const string Devices = "devices";

    /// <summary>
    /// Small documents of grains that are found by key alone. A state is a <c>[GenerateSerializer]</c> type with numbered members: one that was added
    /// later has its initializer's value where an older program wrote. A document has at most <see cref="DocumentLimits.MaxBytes"/>.
    /// A write or clear that fails drops the activation, whether the grain catches it or not, so that the next call reads what is stored:
    /// <see cref="Orleans.Storage.InconsistentStateException"/> if another activation wrote meanwhile, <see cref="Errors.DocumentTooBigException"/>,
    /// <see cref="Calls.NotAppliedException"/> if nothing was stored, <see cref="Errors.StoreFaultException"/> if nobody knows.
    /// </summary>
    public const string Documents = "documents";
}
