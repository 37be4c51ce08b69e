namespace Muster.Storage;

/// <summary>
/// The database cannot be used as it is: out of reach, not open to us, or of a newer schema. The message is one line for the operator.
/// </summary>
public sealed class StoreUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
