using Muster.Hosting;

namespace Muster.Readme;

public sealed class NodeExampleTests
{
    [Fact]
    public async Task The_example_is_short_and_works_as_printed()
    {
        var code = ReadmeCode.Block("node-example");
        Assert.InRange(code.Count(character => character == '\n'), 10, 29);

        using var folder = new TemporaryFolder();
        var conformance = Path.Combine(Repository.Root, "tests", "Conformance");
        if (!Directory.Exists(Path.Combine(conformance, "node_modules")))
        {
            await Tool.RunAsync(conformance, "npm", ["ci", "--no-audit", "--no-fund"]);
        }

        Directory.CreateSymbolicLink(folder.File("node_modules"), Path.Combine(conformance, "node_modules"));
        await File.WriteAllTextAsync(folder.File("example.mjs"), code, TestContext.Current.CancellationToken);
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.File("data"));
        Assert.Equal(folder.File("data/ca.pem"), hub.Connection.CaCertificate);

        var printed = await Tool.RunAsync(folder.Path, "node", ["example.mjs"], ("NODE_EXTRA_CA_CERTS", "data/ca.pem"));
        Assert.Equal(
            "the device was told: flow 12\nthe service got: 200 { rebooted: true, why: 'example' } and sees: 12 { site: 'harbour' }\n", printed);
    }
}
