using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>What is wrong with a body, by the path of the field: gathered, so that its author learns of everything at once. Bounded.</summary>
internal sealed class FieldErrors
{
    internal const int Max = 100;

    private const int InMessage = 3;
    private readonly List<KeyValuePair<string, string>> errors = [];

    internal bool Any => errors.Count > 0;

    /// <summary>The first thing said of a path is kept.</summary>
    internal void Add(string path, string message)
    {
        if (errors.Count < Max && !errors.Exists(error => error.Key == path))
        {
            errors.Add(new(path, message));
        }
    }

    /// <summary>Null if nothing is wrong.</summary>
    internal Refusal? ToRefusal()
    {
        if (!Any)
        {
            return null;
        }

        var said = string.Join("; ", errors.Take(InMessage).Select(error => $"{error.Key} {error.Value}"));
        var rest = errors.Count > InMessage ? $"; and {errors.Count - InMessage} more, see errors" : "";
        return new Refusal(HubErrorCode.ArgumentInvalid, $"{said}{rest}.") { Errors = errors.ToImmutableDictionary(StringComparer.Ordinal) };
    }
}
