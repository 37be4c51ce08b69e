using System.Net;
using Muster.Local;
using Muster.Storage;
using Muster.Storage.Postgres;
using Npgsql;
using Xunit;

namespace Muster.Log;

public sealed class DatabaseRestartTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Heads_and_reads_agree_after_the_server_was_stopped_and_started_again_and_who_waited_is_woken()
    {
        using var folder = new TemporaryFolder();
        var address = IPAddress.Parse("127.0.113.5");
        var server = await PostgresServer.StartAsync(folder.Path, address, 0, PostgresTuning.Test, Cancelled);
        try
        {
            await using (var database = NpgsqlDataSource.Create(server.ConnectionString() + ";Pooling=false"))
            {
                await PostgresMigrations.ApplyAsync(database, Cancelled);
            }

            await using var writer = await SiloLog.OpenAsync(server.ConnectionString());
            await using var reader = await SiloLog.OpenAsync(server.ConnectionString());
            await writer.Log.AppendAsync(0, LogFixture.Records("a", "b"), 2);
            var waiting = reader.Log.WaitForAsync(0, 2, Cancelled).AsTask();

            var port = server.EndPoint.Port;
            await server.StopAsync();
            var appending = writer.Log.AppendAsync(0, LogFixture.Records("c"), 1);
            server = await PostgresServer.StartAsync(folder.Path, address, port, PostgresTuning.Test, Cancelled);

            // It waits for the server if it surely was not written; else it is sent again, as a device would.
            try
            {
                await appending;
            }
            catch (Telemetry.EventLogException)
            {
                await writer.Log.AppendAsync(0, LogFixture.Records("c"), 1);
            }

            await waiting.WaitAsync(Cancelled);
            var bodies = await EventLogUnderTest.BodiesAsync(reader.Log, 0);
            Assert.Equal(["a", "b", "c"], bodies.Distinct());
            Assert.Equal(bodies.Length, writer.Log.Describe(0).NextOffset);
            await using var later = await SiloLog.OpenAsync(server.ConnectionString());
            Assert.Equal((0, bodies.Length), (later.Log.Describe(0).FirstOffset, later.Log.Describe(0).NextOffset));
        }
        finally
        {
            await server.StopAsync();
        }
    }
}
