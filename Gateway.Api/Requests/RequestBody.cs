using System.Reflection;
using System.Text.Json;
using Muster.Errors;
using Muster.Http;

namespace Muster.Gateway;

/// <summary>A body that a route reads.</summary>
internal interface IRequestMessage<TSelf>
    where TSelf : IRequestMessage<TSelf>
{
    /// <summary>Larger bodies are refused unread.</summary>
    static abstract int MaxBytes { get; }

    /// <summary>Reads verified JSON; unknown fields are ignored.</summary>
    /// <exception cref="JsonException">It has another shape.</exception>
    static abstract TSelf Parse(ReadOnlySpan<byte> json);

    /// <summary>Null if the message makes sense for these ids.</summary>
    Refusal? Check(RequestIds route);
}

/// <summary>A body that is read after the caller was authorised, not while arguments are bound.</summary>
internal interface IRequestBody
{
    /// <summary>Null once the value is there.</summary>
    ValueTask<Refusal?> ReadAsync(HttpContext context);
}

/// <summary>An argument of a handler: by the time the handler runs, <see cref="Value"/> is there and was checked.</summary>
internal sealed class RequestBody<T> : IRequestBody
    where T : class, IRequestMessage<T>
{
    private T? value;

    internal T Value => value ?? throw new InvalidOperationException("The body was not read.");

    public static ValueTask<RequestBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ValueTask.FromResult<RequestBody<T>?>(new RequestBody<T>());
    }

    public async ValueTask<Refusal?> ReadAsync(HttpContext context)
    {
        var bytes = await BodyBytes.ReadAsync(context.Request, T.MaxBytes, context.RequestAborted);
        if (bytes is null)
        {
            return new Refusal(HubErrorCode.MessageTooLarge, $"The body may have at most {T.MaxBytes} bytes.");
        }

        try
        {
            JsonText.Verify(bytes.Value.Span);
            value = T.Parse(bytes.Value.Span);
        }
        catch (JsonException wrong)
        {
            return new Refusal(HubErrorCode.ArgumentInvalid, $"The body was not understood: {Explain(wrong)}");
        }

        return value.Check(RequestIds.Of(context));
    }

    /// <summary>Syntax errors and our own say what is wrong themselves; the serialiser's conversion errors would name our types.</summary>
    private static string Explain(JsonException wrong) =>
        wrong.Path is { } path && wrong.InnerException is not JsonException ? $"a value of another type was expected at {path}." : wrong.Message;
}
