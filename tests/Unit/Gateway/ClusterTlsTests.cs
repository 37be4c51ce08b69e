using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Muster.Clustering;
using Muster.Hosting;
using Xunit;

namespace Muster.Gateway;

public sealed class ClusterTlsTests : IAsyncLifetime
{
    private readonly string ours = Directory.CreateTempSubdirectory("muster-unit-").FullName;
    private readonly string foreign = Directory.CreateTempSubdirectory("muster-unit-").FullName;

    public async ValueTask InitializeAsync()
    {
        await MakeAsync(ours);
        await MakeAsync(foreign);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(ours, recursive: true);
        Directory.Delete(foreign, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Members_of_one_cluster_talk() => Assert.True(await TalkAsync(Tls(ours, ClusterTls.End.Dials)));

    [Fact]
    public async Task A_member_of_another_cluster_is_refused() => Assert.False(await TalkAsync(Tls(foreign, ClusterTls.End.Dials)));

    [Fact]
    public async Task The_hubs_own_certificate_opens_no_door_inside()
    {
        foreach (var (from, to) in new[] { ("server.pem", "cluster.pem"), ("server.key", "cluster.key"), ("ca.pem", "ca.pem") })
        {
            File.Copy(Path.Combine(ours, from), Path.Combine(foreign, to), overwrite: true);
        }

        Assert.False(await TalkAsync(Tls(foreign, ClusterTls.End.Dials)));
    }

    [Fact]
    public async Task Who_speaks_no_TLS_is_refused() => Assert.False(await TalkAsync(client: null));

    [Fact]
    public async Task New_certificates_count_from_the_next_connection_on()
    {
        var (server, client) = (Tls(ours, ClusterTls.End.Accepts), Tls(ours, ClusterTls.End.Dials));
        Assert.True(await TalkAsync(client, server));
        foreach (var file in Directory.GetFiles(foreign))
        {
            File.Copy(file, Path.Combine(ours, Path.GetFileName(file)), overwrite: true);
        }

        Assert.True(await TalkAsync(Tls(foreign, ClusterTls.End.Dials), server));
        Assert.True(await TalkAsync(client, server));
    }

    private static async Task MakeAsync(string folder)
    {
        var settings = SettingsReaderTests.Read([(SettingKeys.ConnectionString, "Host=nowhere"), (SettingKeys.DataFolder, folder)]).Settings;
        await SiloSecrets.PrepareAsync(settings, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private static ClusterTls Tls(string folder, ClusterTls.End end) =>
        new(new ClusterCredentials(folder, NullLogger<ClusterCredentials>.Instance), end, NullLogger<ClusterTls>.Instance);

    private Task<bool> TalkAsync(ClusterTls? client) => TalkAsync(client, Tls(ours, ClusterTls.End.Accepts));

    /// <summary>True if a byte of the client was answered behind TLS.</summary>
    private static async Task<bool> TalkAsync(ClusterTls? client, ClusterTls server)
    {
        var (there, back) = (new Pipe(), new Pipe());
        var (dialling, accepting) = (Connection(back.Reader, there.Writer), Connection(there.Reader, back.Writer));
        var answered = false;
        var serving = ServeAsync();
        try
        {
            await (client is null ? AskAsync(dialling) : client.OnConnectionAsync(dialling, AskAsync));
        }
        catch (Exception fault) when (fault is IOException or ConnectionAbortedException or InvalidOperationException)
        {
        }

        await there.Writer.CompleteAsync();
        await serving;
        return answered;

        async Task ServeAsync()
        {
            try
            {
                await server.OnConnectionAsync(accepting, async connection =>
                {
                    await connection.Transport.Input.ReadAsync();
                    await connection.Transport.Output.WriteAsync("!"u8.ToArray());
                });
            }
            finally
            {
                await back.Writer.CompleteAsync();
            }
        }

        async Task AskAsync(ConnectionContext connection)
        {
            await connection.Transport.Output.WriteAsync("GET / HTTP/1.1\r\n"u8.ToArray());
            var read = await connection.Transport.Input.ReadAsync();
            answered = read.Buffer.Length == 1;
        }
    }

    private static DefaultConnectionContext Connection(PipeReader input, PipeWriter output) => new() { Transport = new Link(input, output) };

    private sealed record Link(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
