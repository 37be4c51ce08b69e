using System.Globalization;

namespace Muster.Gateway;

/// <summary>What a gateway was asked for on its command line, or why it was not understood.</summary>
internal sealed record GatewayCommandLine
{
    internal const string Usage = """
        Usage: Muster.Gateway.Api [options]
        Serves the service API as a client of a running cluster.

          --connection FILE        the connection.json of a running hub, for where the cluster is
          --bind ADDRESS           the address to listen on (default 127.0.0.1)
          --port N                 the port to listen on (default 8080)
          --certificate FILE       PEM certificate, with its chain; HTTPS then, and with Security:Folder, plain HTTP otherwise
          --certificate-key FILE   PEM key of the certificate (default: in the certificate's file)
          --set Section:Key=value  any other option, such as Orleans:Gateway=10.0.0.1:30000,10.0.0.2:30000,
                                   Orleans:ClusterId=…, Orleans:ServiceId=…, Orleans:Tls=true or
                                   Security:Folder=DIR with the cluster's certificate; environment: Section__Key
          --help                   this text
        """;

    private static readonly Dictionary<string, string> Options = new(StringComparer.Ordinal)
    {
        ["--connection"] = GatewayOptions.Section + ":ConnectionFile",
        ["--bind"] = GatewayOptions.Section + ":Bind",
        ["--port"] = GatewayOptions.Section + ":Port",
        ["--certificate"] = GatewayOptions.Section + ":Certificate",
        ["--certificate-key"] = GatewayOptions.Section + ":CertificateKey",
    };

    /// <summary>By configuration key.</summary>
    internal Dictionary<string, string?> Settings { get; } = new(StringComparer.OrdinalIgnoreCase);

    internal bool Help { get; private set; }

    /// <summary>One line; null if all was understood.</summary>
    internal string? Error { get; private set; }

    internal static GatewayCommandLine Parse(IReadOnlyList<string> arguments)
    {
        var line = new GatewayCommandLine();
        for (var i = 0; i < arguments.Count && line.Error is null; i++)
        {
            var name = arguments[i];
            if (name is "--help" or "-h")
            {
                line.Help = true;
            }
            else if (name != "--set" && !Options.ContainsKey(name))
            {
                line.Error = $"unknown option {name}; --help lists them";
            }
            else if (++i == arguments.Count)
            {
                line.Error = $"{name} needs a value";
            }
            else
            {
                line.Set(name, arguments[i]);
            }
        }

        return line;
    }

    private void Set(string name, string value)
    {
        if (name != "--set")
        {
            Settings[Options[name]] = value;
        }
        else if (value.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
        {
            var key = value[..equals].Trim();
            Settings[key] = value[(equals + 1)..];
            Error = GatewaySettings.IsKnown(key) ? null : $"a gateway has no setting {key}; --help lists some";
        }
        else
        {
            Error = string.Create(CultureInfo.InvariantCulture, $"--set takes Section:Key=value, not {value}");
        }
    }
}
