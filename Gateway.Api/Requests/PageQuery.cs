using Muster.Errors;

namespace Muster.Gateway;

/// <summary>Which page of a list is wanted (<c>after</c>, <c>max</c>), or why that was not understood.</summary>
internal readonly record struct PageQuery(string? After, int Max, Refusal? Why)
{
    private const int MaxAfter = 256;

    internal static PageQuery Read(HttpRequest request, int usual, int largest)
    {
        var max = QueryNumber.Read("max", request.Query["max"], usual, 1, largest);
        var after = request.Query["after"].ToString();
        return new(
            after.Length == 0 ? null : after, (int)max.Value,
            max.Why ?? (after.Length > MaxAfter ? new Refusal(HubErrorCode.ArgumentInvalid, "after must be what the page before gave as next.") : null));
    }
}
