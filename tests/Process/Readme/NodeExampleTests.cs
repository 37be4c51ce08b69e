using Muster.Hosting;

namespace Muster.Readme;

public sealed class NodeExampleTests
{
    [Fact]
    public async Task The_example_is_short_and_works_as_printed()
    {
        Assert.InRange(NodeExample.Code.Count(character => character == '\n'), 10, 29);
        using var folder = new TemporaryFolder();
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.File("data"));
        Assert.Equal(folder.File("data/ca.pem"), hub.Connection.CaCertificate);
        Assert.Equal(NodeExample.Printed, await NodeExample.RunAsync(folder));
    }
}
