using System.Reflection;
using System.Text.Json;
using Muster.Errors;

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

/// <summary>Reads a body up to a bound.</summary>
internal static class BodyBytes
{
    /// <summary>Null if there is more than <paramref name="max"/>.</summary>
    internal static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int max, CancellationToken cancellationToken)
    {
        if (request.ContentLength > max)
        {
            return null;
        }

        using var buffer = new MemoryStream((int)(request.ContentLength ?? 1024));
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                buffer.Write(segment.Span);
            }

            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (buffer.Length > max)
            {
                return null;
            }

            if (read.IsCompleted)
            {
                return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
            }
        }
    }
}

/// <summary>Reads the body of a handler that takes one; innermost, so that strangers cannot make us buffer.</summary>
internal sealed class BodyFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        foreach (var argument in context.Arguments)
        {
            if (argument is IRequestBody body && await body.ReadAsync(context.HttpContext) is { } why)
            {
                return Refuse.With(context.HttpContext, why);
            }
        }

        return await next(context);
    }
}
