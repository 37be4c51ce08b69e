using System.Text.Json;

namespace Muster.Gateway;

// Single values: null where there is none, or where what is there was told to be wrong.
internal sealed partial class JsonFields
{
    internal string? Text(string name, int max, bool required = false)
    {
        if (Find(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && text.Length <= max && (text.Length > 0 || !required))
        {
            return text;
        }

        Wrong(name, $"must be a text of {(required ? "1 to" : "at most")} {max} characters");
        return null;
    }

    internal int? Whole(string name, int min, int max, bool required = false)
    {
        if (Find(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max)
        {
            return number;
        }

        Wrong(name, $"must be a whole number from {min} to {max}");
        return null;
    }

    internal double? Number(string name, double min, double max, bool required = false)
    {
        if (Find(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max)
        {
            return number;
        }

        Wrong(name, double.IsFinite(min) && double.IsFinite(max) ? FormattableString.Invariant($"must be a number from {min} to {max}") : "must be a number");
        return null;
    }

    /// <summary>Above 0, up to 100.</summary>
    internal double? Percent(string name)
    {
        var given = Number(name, 0, 100);
        if (given is not 0)
        {
            return given;
        }

        Wrong(name, "must be above 0");
        return null;
    }

    internal bool? Flag(string name)
    {
        var value = Find(name);
        if (value is null or { ValueKind: JsonValueKind.True or JsonValueKind.False })
        {
            return value?.GetBoolean();
        }

        Wrong(name, "must be true or false");
        return null;
    }

    internal T? Word<T>(string name, bool required = false)
        where T : struct, Enum
    {
        if (Find(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && Words.Find<T>(value.GetString()) is { } found)
        {
            return found;
        }

        Wrong(name, $"must be one of {Words.All<T>()}");
        return null;
    }

    internal TimeSpan? Duration(string name, TimeSpan min, TimeSpan max, bool required = false)
    {
        if (Find(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && Durations.TryParse(value.GetString()!, out var duration))
        {
            if (duration >= min && duration <= max)
            {
                return duration;
            }

            Wrong(name, $"must be from {Durations.Text(min)} to {Durations.Text(max)}");
            return null;
        }

        Wrong(name, "must be a duration such as PT30M, P7D or 00:30:00");
        return null;
    }

    /// <summary>With its offset: nobody has to guess whose clock is meant.</summary>
    internal DateTimeOffset? Time(string name, bool required = false)
    {
        if (Find(name, required) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) && HasOffset(value.GetString()!))
        {
            return time.ToUniversalTime();
        }

        Wrong(name, "must be a time with its offset, such as 2030-01-31T02:00:00Z");
        return null;
    }

    private static bool HasOffset(string time) => time.IndexOf('T', StringComparison.OrdinalIgnoreCase) is > 0 and var from && time.AsSpan(from).ContainsAny("Zz+-");
}
