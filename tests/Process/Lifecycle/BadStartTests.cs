using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Muster.Hosting;

namespace Muster.Lifecycle;

[Collection(Alone.Name)]
public sealed class BadStartTests
{
    [Theory]
    [InlineData("--unheard-of")]
    [InlineData("--devices", "many")]
    [InlineData("--devices")]
    [InlineData("--bind", "not an address")]
    [InlineData("--mqtt-port", "70000")]
    [InlineData("stray")]
    [InlineData("--set", "Hub:MqttPrt=1")]
    [InlineData("--set", "Storage:Documents:AzureConnectionString=AccountName=a")]
    public async Task A_bad_option_is_a_line_and_exit_code_2(params string[] options)
    {
        using var folder = new TemporaryFolder();
        AssertOneLine(2, await HubProcess.RunToEndAsync(["--data", folder.File("data"), .. options]));
        Assert.False(Directory.Exists(folder.File("data")));
    }

    [Fact]
    public async Task A_busy_port_is_a_line_and_exit_code_4()
    {
        using var folder = new TemporaryFolder();
        var address = Loopback.Next();
        using var occupant = new TcpListener(IPAddress.Parse(address), 8883);
        occupant.Start();
        var ended = await HubProcess.RunToEndAsync("--bind", address, "--data", folder.File("data"), "--devices", "0");
        AssertOneLine(4, ended);
        Assert.Contains("8883", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_Azure_account_that_does_not_answer_is_a_line_without_its_key_and_exit_code_3()
    {
        using var folder = new TemporaryFolder();
        const string Account = "Storage:Documents:AzureConnectionString=AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/a";
        var ended = await HubProcess.RunToEndAsync("--bind", Loopback.Next(), "--data", folder.File("data"), "--devices", "0", "--set", Account);
        AssertOneLine(3, ended);
        Assert.Contains("muster-documents", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_one_is_a_line_and_exit_code_3()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("file"), "not a folder", TestContext.Current.CancellationToken);
        var ended = await HubProcess.RunToEndAsync("--bind", Loopback.Next(), "--data", folder.File("file"), "--devices", "0");
        AssertOneLine(3, ended);
        Assert.Contains(folder.File("file"), ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_a_line_and_exit_code_3()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await HubProcess.StartAsync(Loopback.Next(), folder.Path);
        AssertOneLine(3, await HubProcess.RunToEndAsync("--bind", Loopback.Next(), "--data", folder.Path, "--devices", "0"));
        Assert.True(File.Exists(folder.File("connection.json")), "The running hub's connection.json must stay.");
    }

    [Fact]
    public async Task A_data_folder_of_another_version_is_a_line_and_exit_code_3_and_stays_as_it_is()
    {
        using var folder = new TemporaryFolder();
        var address = Loopback.Next();
        await using (var hub = await HubProcess.StartAsync(address, folder.Path))
        {
            Assert.Equal(0, await hub.SignalAsync(PosixSignal.SIGTERM));
        }

        await File.WriteAllTextAsync(folder.File("version"), "99\n", TestContext.Current.CancellationToken);
        var ended = await HubProcess.RunToEndAsync("--bind", address, "--data", folder.Path, "--devices", "0");
        AssertOneLine(3, ended);
        Assert.Contains("99", ended.Error, StringComparison.Ordinal);
        Assert.Equal("99\n", await File.ReadAllTextAsync(folder.File("version"), TestContext.Current.CancellationToken));
    }

    private static void AssertOneLine(int exitCode, (int ExitCode, string Output, string Error) ended)
    {
        Assert.Equal(exitCode, ended.ExitCode);
        Assert.Single(ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(ended.Output);
    }
}
