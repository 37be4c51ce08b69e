namespace Muster.Survival;

/// <summary>Rules of iptables(8) that carry our mark, so that none is ever left behind.</summary>
internal static class Firewall
{
    private const string Mark = "muster-survive";

    /// <summary>Drops what matches; packets of the machine to itself pass both chains.</summary>
    internal static Task DropAsync(string chain, IEnumerable<string> match, CancellationToken cancellationToken) =>
        ChildProcess.RunAsync("iptables", ["-w", "-A", chain, .. match, "-m", "comment", "--comment", Mark, "-j", "DROP"], cancellationToken);

    /// <summary>Removes every rule that carries the mark.</summary>
    internal static async Task ClearAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        foreach (var rule in (await ChildProcess.RunAsync("iptables", ["-w", "-S"], CancellationToken.None)).Split('\n'))
        {
            if (rule.StartsWith("-A ", StringComparison.Ordinal) && rule.Contains(Mark, StringComparison.Ordinal))
            {
                await ChildProcess.RunAsync("iptables", ["-w", "-D", .. rule.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(Unquote)], CancellationToken.None);
            }
        }
    }

    private static string Unquote(string word) => word.Trim('"');
}
