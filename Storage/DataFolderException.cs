namespace Muster.Storage;

/// <summary>The data folder cannot be used: unreadable, damaged, or of another version. The message is one line for the operator.</summary>
public sealed class DataFolderException(string message, Exception? innerException = null) : Exception(message, innerException);
