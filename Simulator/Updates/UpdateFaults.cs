using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Muster.Simulation.Updates;

/// <summary>Which share of a fleet has which fault.</summary>
/// <param name="Shares">Each above 0; 1 at most together.</param>
internal sealed record UpdateFaults(ImmutableArray<(UpdateFault Fault, double Share)> Shares)
{
    internal static UpdateFaults None { get; } = new([]);

    /// <summary>Reads such as <c>cut:5%,install:2.5%</c>; nothing at all is no fault.</summary>
    /// <param name="problem">Why not, for whoever typed it.</param>
    internal static bool TryParse(string text, [NotNullWhen(true)] out UpdateFaults? faults, [NotNullWhen(false)] out string? problem)
    {
        faults = null;
        var shares = ImmutableArray.CreateBuilder<(UpdateFault Fault, double Share)>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = part.Split(':', 2, StringSplitOptions.TrimEntries);
            if (UpdateFaultNames.Find(pair[0]) is not { } fault)
            {
                problem = $"there is no fault '{pair[0]}': {UpdateFaultNames.All}";
                return false;
            }

            if (pair.Length < 2 || Percent(pair[1]) is not { } percent)
            {
                problem = $"'{part}' is not such as {pair[0]}:2.5%, a share above 0 and to 100 %";
                return false;
            }

            shares.Add((fault, percent / 100));
        }

        problem = shares.Select(share => share.Fault).Distinct().Count() < shares.Count ? "a fault is named twice"
            : shares.Sum(share => share.Share) > 1.000_001 ? "the shares are more than 100 % together" : null;
        faults = problem is null ? new(shares.ToImmutable()) : null;
        return problem is null;
    }

    /// <summary>The fault of one device: always the same for the same seed and number.</summary>
    internal UpdateFault Of(int seed, int number)
    {
        var chance = Chance(seed, number);
        foreach (var (fault, share) in Shares)
        {
            if (chance < share)
            {
                return fault;
            }

            chance -= share;
        }

        return UpdateFault.None;
    }

    /// <summary>As it is typed.</summary>
    public override string ToString() => Shares.IsEmpty ? "none"
        : string.Join(',', Shares.Select(share => string.Create(CultureInfo.InvariantCulture, $"{UpdateFaultNames.NameOf(share.Fault)}:{share.Share * 100:0.###}%")));

    // SplitMix64's finisher: neighbouring numbers come out far apart, on every machine and runtime alike.
    private static double Chance(int seed, int number)
    {
        var mixed = (((ulong)(uint)seed << 32) | (uint)number) + 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    private static double? Percent(string text) => text.EndsWith('%')
        && double.TryParse(text.AsSpan(..^1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 100
            ? percent : null;
}
