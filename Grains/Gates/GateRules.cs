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
    /// <param name="gates">The plan's.</param>
    /// <param name="allowPrivate">Whether gates may call addresses that are not public.</param>
    /// <param name="hasSites">Whether the plan says which tag names a device's site.</param>
    internal static IEnumerable<string> Errors(ImmutableArray<GateSpec> gates, bool allowPrivate, bool hasSites)
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
            foreach (var error in Errors(gate, allowPrivate).Concat(ScopeErrors(gate, hasSites)))
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

    /// <summary>Null if a rollout can keep the gates of so many sites; else a sentence.</summary>
    internal static string? WhyNotSites(ImmutableArray<GateSpec> gates, IEnumerable<string> sites)
    {
        var each = gates.Count(static gate => gate.Scope == GateScope.Site);
        var most = each == 0 ? int.MaxValue : RolloutGateBook.MaxGates / each;
        return each > 0 && sites.Distinct(StringComparer.Ordinal).Count() is var count && count > most
            ? $"The devices are of {count} sites; with {each} gates of the scope site there are at most {most}." : null;
    }

    private static IEnumerable<string> ScopeErrors(GateSpec gate, bool hasSites)
    {
        if (gate.Scope == GateScope.Device)
        {
            yield break;
        }

        var scope = gate.Scope.ToString().ToLowerInvariant();
        if (!Enum.IsDefined(gate.Scope))
        {
            yield return "has an unknown scope.";
        }

        if (gate.Kind is GateKind.Command or GateKind.Telemetry)
        {
            yield return $"is of the scope {scope}, behind which there is no device to ask: it must be manual, webhook, calendar or dependency.";
        }

        if (gate.Phase != GatePhase.BeforeOffer && (gate.Phase, gate.Scope) != (GatePhase.AfterVerify, GateScope.Rollout))
        {
            yield return $"is of the scope {scope}, and must be of the phase beforeOffer{(gate.Scope == GateScope.Rollout ? " or afterVerify" : "")}.";
        }

        if (gate.Window?.TimeZoneTag is not null)
        {
            yield return $"is of the scope {scope}, and its window cannot be by a device's clock: timeZoneTag must not be given.";
        }

        if (gate.Scope == GateScope.Site && !hasSites)
        {
            yield return "is of the scope site, and the plan must have a budget, whose tag says which site a device is of.";
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
