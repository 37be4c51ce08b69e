namespace Muster.Errors;

/// <summary>
/// The upstream IoT hub could not be reached, or gave no answer in time. Of a change it is unknown whether it was made; read again before it is repeated.
/// Made of text alone, so that every silo and client understands it.
/// </summary>
[GenerateSerializer, Immutable, Alias("muster.UpstreamFaultException")]
public sealed class UpstreamFaultException(string message) : OrleansException(message);
