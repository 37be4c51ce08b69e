namespace Muster.Errors;

/// <summary>A grain's document outgrew what the store takes; nothing was stored, and asking again brings the same.</summary>
[GenerateSerializer, Immutable, Alias("muster.DocumentTooBigException")]
public sealed class DocumentTooBigException(string message) : OrleansException(message);
