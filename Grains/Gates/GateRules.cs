using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;
using Muster.Routing;
using Muster.Updates;

namespace Muster.Gates;

/// <summary>What a gate must be before a rollout has it. Pure.</summary>
internal static partial class GateRules
{
    internal const int MaxGates = 10;
    private const int MaxUrl = 2048;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>One sentence for each error.</summary>
    internal static IEnumerable<string> Errors(ImmutableArray<GateSpec> gates, bool allowPrivate)
    {
        if (gates.IsDefault || gates.Length > MaxGates)
        {
            yield return $"There are at most {MaxGates} gates.";
            yield break;
        }

        foreach (var twice in gates.GroupBy(static gate => gate.Name, StringComparer.Ordinal).Where(static same => same.Count() > 1))
        {
            yield return $"Two gates are called '{twice.Key}'.";
        }

        foreach (var gate in gates)
        {
            foreach (var error in Errors(gate, allowPrivate))
            {
                yield return $"The gate '{gate.Name}' {error}";
            }
        }
    }

    private static IEnumerable<string> Errors(GateSpec gate, bool allowPrivate)
    {
        if (!Name().IsMatch(gate.Name ?? ""))
        {
            yield return "must be called by 1 to 64 ASCII letters, digits and . _ - characters.";
        }

        if (!Enum.IsDefined(gate.Phase) || !Enum.IsDefined(gate.Kind) || !Enum.IsDefined(gate.OnTimeout))
        {
            yield return "has an unknown phase, kind or time-out action.";
        }

        if (gate.Timeout < TimeSpan.FromSeconds(1) || gate.Timeout > Longest || gate.Lease < TimeSpan.FromSeconds(1) || gate.Lease > Longest)
        {
            yield return "must have a time-out and a lease of 1 second to 30 days.";
        }

        if (WhyNot(gate, allowPrivate) is { } why)
        {
            yield return why;
        }
    }

    private static string? WhyNot(GateSpec gate, bool allowPrivate) => gate.Kind switch
    {
        GateKind.Manual when string.IsNullOrEmpty(gate.Role) || !Role().IsMatch(gate.Role) => "is manual, and must name the role that opens it.",
        GateKind.Webhook => WhyNotUrl(gate.Url, allowPrivate),
        GateKind.Command when gate.Method is not { Length: > 0 and <= 100 } => "is a command, and must name a direct method of 1 to 100 characters.",
        GateKind.Telemetry when gate.Bound is not { Field.Length: > 0 } bound || (bound.Min is null && bound.Max is null) => "looks at telemetry, and must name a field and a bound.",
        GateKind.Telemetry when gate.HoldsFor < TimeSpan.Zero || gate.HoldsFor > TimeSpan.FromDays(1) => "may want its field to hold for a day at most.",
        GateKind.Calendar when gate.Window is null => "opens by the calendar, and must say when.",
        GateKind.Calendar => WindowRules.WhyNot(gate.Window!) is { } why ? $"has a window that cannot be: {why}" : null,
        GateKind.Dependency when string.IsNullOrEmpty(gate.Rollout) => "depends on a rollout, and must name it.",
        _ => null,
    };

    private static string? WhyNotUrl(string? url, bool allowPrivate)
    {
        if (url is not { Length: <= MaxUrl } || !Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("https" or "http") || parsed.UserInfo.Length > 0)
        {
            return $"calls a webhook, and must have an absolute http or https URL of at most {MaxUrl} characters, without a user in it.";
        }

        var isPrivate = IPAddress.TryParse(parsed.Host.Trim('[', ']'), out var address) ? !PublicAddresses.IsPublic(address) : parsed.IsLoopback;
        return isPrivate && !allowPrivate ? $"calls {parsed.Host}, which is no public address; that is allowed only where the hub is set to Gates:AllowPrivateAddresses." : null;
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$")]
    private static partial Regex Name();

    [GeneratedRegex("^[a-z0-9-]{1,64}$")]
    private static partial Regex Role();
}
