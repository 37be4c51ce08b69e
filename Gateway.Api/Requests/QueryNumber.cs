using System.Globalization;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>A whole number from a query parameter or header, or why it is none.</summary>
internal readonly record struct QueryNumber(long Value, Refusal? Why)
{
    /// <summary>Absent means <paramref name="fallback"/>; null for a parameter that must be there.</summary>
    internal static QueryNumber Read(string name, string? text, long? fallback, long min, long max)
    {
        if (string.IsNullOrEmpty(text) && fallback is { } value)
        {
            return new(value, null);
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? new(number, null)
            : new(0, new Refusal(HubErrorCode.ArgumentInvalid, $"{name} must be a whole number from {min} to {max}."));
    }
}
