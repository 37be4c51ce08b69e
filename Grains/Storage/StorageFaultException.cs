namespace Muster.Storage;

/// <summary>
/// The store could not do what was asked. Whether a write took effect is unknown: read again before retrying.
/// </summary>
public class StorageFaultException(string message, Exception? innerException = null) : OrleansException(message, innerException!);

/// <summary>The disk is full: nothing was stored. Works again by itself once there is space.</summary>
public sealed class StorageFullException(string message, Exception? innerException = null) : StorageFaultException(message, innerException);

/// <summary>More is queued for the store than it takes: nothing was stored. Try later.</summary>
public sealed class StorageBusyException(string message) : StorageFaultException(message);
