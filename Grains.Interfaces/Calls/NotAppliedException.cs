namespace Muster.Calls;

/// <summary>Nothing of what was asked for was done, and nothing of it will be: ask again.</summary>
[GenerateSerializer, Immutable, Alias("muster.NotAppliedException")]
public sealed class NotAppliedException(string message) : OrleansException(message);
