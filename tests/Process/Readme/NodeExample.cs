using Muster.Hosting;

namespace Muster.Readme;

/// <summary>The README's device and service, with Azure's npm packages.</summary>
internal static class NodeExample
{
    internal const string Printed =
        "the device was told: flow 12\nthe service got: 200 { rebooted: true, why: 'example' } and sees: 12 { site: 'harbour' }\n";

    // Once for all tests of the process: two that install into one folder take each other's files away.
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    private static string Packages => Path.Combine(Repository.Root, "tests", "Conformance");

    internal static string Code => ReadmeCode.Block("node-example");

    /// <summary>Runs it beside the hub's folder <c>data</c>; returns what it printed.</summary>
    internal static async Task<string> RunAsync(TemporaryFolder folder)
    {
        await Installed.Value;
        Directory.CreateSymbolicLink(folder.File("node_modules"), Path.Combine(Packages, "node_modules"));
        await File.WriteAllTextAsync(folder.File("example.mjs"), Code, TestContext.Current.CancellationToken);
        return await AgainAsync(folder);
    }

    /// <summary>Once more, after <see cref="RunAsync"/>.</summary>
    internal static Task<string> AgainAsync(TemporaryFolder folder) =>
        Tool.RunAsync(folder.Path, "node", ["example.mjs"], ("NODE_EXTRA_CA_CERTS", "data/ca.pem"));

    // npm leaves a copy of the lock file behind when it is done.
    private static async Task InstallAsync()
    {
        if (!File.Exists(Path.Combine(Packages, "node_modules", ".package-lock.json")))
        {
            await Tool.RunAsync(Packages, "npm", ["ci", "--no-audit", "--no-fund"]);
        }
    }
}
