namespace Muster.Gateway;

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
