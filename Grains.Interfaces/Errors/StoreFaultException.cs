namespace Muster.Errors;

/// <summary>
/// The store failed while a change was written: whether the change is stored is unknown. Read again before it is repeated. Made of text alone, so
/// that every silo and client understands it, whatever the store's own faults are made of.
/// </summary>
[GenerateSerializer, Immutable, Alias("muster.StoreFaultException")]
public sealed class StoreFaultException(string message) : OrleansException(message);
