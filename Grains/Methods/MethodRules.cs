using System.Buffers;
using Muster.Errors;

namespace Muster.Methods;

/// <summary>What a direct method call may be.</summary>
internal static class MethodRules
{
    private const int MaxNameLength = 100;
    private static readonly TimeSpan MinResponse = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(300);
    private static readonly SearchValues<char> Forbidden =
        SearchValues.Create("/+#$" + string.Concat(Enumerable.Range(0, 32).Concat(Enumerable.Range(0x7f, 33)).Select(c => (char)c)));

    /// <summary>Null, or why the call is not made.</summary>
    internal static Refusal? WhyNot(MethodCall call) => call switch
    {
        { Name: null or "" or { Length: > MaxNameLength } } => Refusals.Invalid($"A method name has 1 to {MaxNameLength} characters."),
        _ when call.Name.AsSpan().ContainsAny(Forbidden) => Refusals.Invalid("A method name has none of / + # $ and no control characters."),
        _ when call.ResponseTimeout < MinResponse || call.ResponseTimeout > MaxTimeout =>
            Refusals.Invalid("responseTimeoutInSeconds is from 5 to 300."),
        _ when call.ConnectTimeout < TimeSpan.Zero || call.ConnectTimeout > MaxTimeout =>
            Refusals.Invalid("connectTimeoutInSeconds is from 0 to 300."),
        _ when call.Payload.Span.Length > MethodCall.MaxPayloadBytes =>
            Refusals.Invalid($"The payload is {call.Payload.Span.Length} bytes; the limit is {MethodCall.MaxPayloadBytes} bytes."),
        _ => null,
    };
}
