using System.Buffers;
using Microsoft.Net.Http.Headers;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>What IoT Hub's routes have in common: <c>api-version</c> is required, any well-formed one is accepted; every answer has a request id.</summary>
internal sealed class HubProtocolFilter : IEndpointFilter
{
    internal const string ApiVersion = "api-version";

    private static readonly SearchValues<char> SuffixCharacters = SearchValues.Create("-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers["x-ms-request-id"] = Guid.NewGuid().ToString();
        http.Response.Headers[HeaderNames.Vary] = "Origin";
        return IsWellFormed(http.Request.Query[ApiVersion].ToString())
            ? next(context)
            : ValueTask.FromResult<object?>(Refuse.With(http, new Refusal(
                HubErrorCode.InvalidProtocolVersion, "The query parameter api-version must be a date such as 2021-04-12.")));
    }

    /// <summary><c>yyyy-MM-dd</c>, with or without a suffix such as <c>-preview</c>.</summary>
    internal static bool IsWellFormed(string version)
    {
        const string Pattern = "0000-00-00";
        if (version.Length < Pattern.Length || version.Length > 32 || (version.Length > Pattern.Length && version[Pattern.Length] != '-'))
        {
            return false;
        }

        for (var i = 0; i < Pattern.Length; i++)
        {
            if (Pattern[i] == '0' ? !char.IsAsciiDigit(version[i]) : version[i] != '-')
            {
                return false;
            }
        }

        return !version.AsSpan(Pattern.Length).ContainsAnyExcept(SuffixCharacters);
    }
}
