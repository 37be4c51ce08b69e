namespace Muster.Hosting;

/// <summary>What the command line asks for.</summary>
internal abstract record Arguments
{
    private Arguments() { }

    /// <summary>Start with these settings, by configuration key; the last one given for a key wins.</summary>
    internal sealed record Run(IReadOnlyDictionary<string, string?> Settings) : Arguments;

    /// <summary>Only make the secrets that a cluster's processes share, in <c>Security:Folder</c>.</summary>
    internal sealed record MakeSecrets(IReadOnlyDictionary<string, string?> Settings) : Arguments;

    internal sealed record Help : Arguments;

    /// <summary>Not understood; one line says what and what to do.</summary>
    internal sealed record Refused(string Why) : Arguments;

    /// <summary>Reads <c>--name value</c>, <c>--name=value</c> and <c>--set Section:Key=value</c>. Values are checked later, with all others.</summary>
    internal static Arguments Parse(IReadOnlyList<string> args)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var makeSecrets = false;
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] is "--help" or "-h" or "-?")
            {
                return new Help();
            }

            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? args[i] : args[i][..equals];
            if (SiloOption.Find(name) is not { } option)
            {
                return new Refused(Unknown(name));
            }

            var value = equals >= 0 ? args[i][(equals + 1)..] : ++i < args.Count ? args[i] : null;
            if (Apply(settings, option, value) is { } refused)
            {
                return refused;
            }

            makeSecrets |= option == SiloOption.MakeSecrets;
        }

        return makeSecrets ? new MakeSecrets(settings) : new Run(settings);
    }

    private static Refused? Apply(Dictionary<string, string?> settings, SiloOption option, string? value)
    {
        if (string.IsNullOrEmpty(value) || (SiloOption.Find(value) is not null))
        {
            return new Refused($"{option.Name} needs a value: {option.Name} {option.Value}");
        }

        if (option.Key is { } key)
        {
            settings[key] = value;
            return null;
        }

        var equals = value.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            return new Refused($"{option.Name} takes {option.Value}, not '{value}'");
        }

        settings[value[..equals].Trim()] = value[(equals + 1)..];
        return null;
    }

    private static string Unknown(string name)
    {
        var what = name.StartsWith('-') ? "option" : "argument";
        var close = SiloOption.All.FirstOrDefault(option => name.Length > 3 && option.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        return $"unknown {what} '{name}'{(close is null ? "" : $"; did you mean {close.Name}?")} (--help lists the options)";
    }
}
