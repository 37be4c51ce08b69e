using Muster.Hosting;

namespace Muster.Readme;

/// <summary>The README's device and service, with Azure's npm packages.</summary>
internal static class NodeExample
{
    internal const string Printed =
        "the device was told: flow 12\nthe service got: 200 { rebooted: true, why: 'example' } and sees: 12 { site: 'harbour' }\n";

    internal static string Code => ReadmeCode.Block("node-example");

    /// <summary>Runs it beside the hub's folder <c>data</c>; returns what it printed.</summary>
    internal static async Task<string> RunAsync(TemporaryFolder folder)
    {
        var conformance = Path.Combine(Repository.Root, "tests", "Conformance");
        if (!Directory.Exists(Path.Combine(conformance, "node_modules")))
        {
            await Tool.RunAsync(conformance, "npm", ["ci", "--no-audit", "--no-fund"]);
        }

        Directory.CreateSymbolicLink(folder.File("node_modules"), Path.Combine(conformance, "node_modules"));
        await File.WriteAllTextAsync(folder.File("example.mjs"), Code, TestContext.Current.CancellationToken);
        return await AgainAsync(folder);
    }

    /// <summary>Once more, after <see cref="RunAsync"/>.</summary>
    internal static Task<string> AgainAsync(TemporaryFolder folder) =>
        Tool.RunAsync(folder.Path, "node", ["example.mjs"], ("NODE_EXTRA_CA_CERTS", "data/ca.pem"));
}
