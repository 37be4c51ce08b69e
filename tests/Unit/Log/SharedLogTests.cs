using System.Globalization;
using System.Text;
using Muster.Storage;
using Muster.Storage.Postgres.Log;
using Muster.Telemetry;
using Npgsql;
using Xunit;

namespace Muster.Log;

/// <summary>What several silos do to one log at the same time.</summary>
public sealed class SharedLogTests(PostgresFixture server)
{
    private const int Writers = 3;
    private const int Partitions = 3;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_is_there_in_order_and_without_a_hole_though_connections_are_cut_all_the_time()
    {
        const int appends = 60;
        var database = await server.CreateDatabaseAsync();
        await using var first = await SiloLog.OpenAsync(database, name: "victim");
        await using var second = await SiloLog.OpenAsync(database, name: "victim");
        await using var third = await SiloLog.OpenAsync(database, name: "victim");
        await using var watching = await SiloLog.OpenAsync(database, name: "witness");
        SiloLog[] silos = [first, second, third];
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var acknowledged = 0;
        var cutting = CutConnectionsAsync(database, () => Volatile.Read(ref acknowledged), done.Token);

        var reading = Enumerable.Range(0, Partitions).Select(partition => ReadUntilAllAsync(watching.Log, partition, $" {appends - 1}")).ToList();
        await Task.WhenAll(Enumerable.Range(0, Writers * Partitions).Select(AppendAllAsync));
        var read = await Task.WhenAll(reading);
        await done.CancelAsync();
        Assert.True(await cutting > 0);

        for (var partition = 0; partition < Partitions; partition++)
        {
            Assert.Equal(read[partition], (await EventLogUnderTest.BodiesAsync(watching.Log, partition)).Take(read[partition].Count));
            foreach (var writer in read[partition].GroupBy(body => body.Split(' ')[0]))
            {
                // An append whose end nobody heard of may be there all the same, and then again, but only before the next one.
                var numbers = writer.Select(body => int.Parse(body.Split(' ')[1], CultureInfo.InvariantCulture)).ToList();
                Assert.Equal(Enumerable.Range(0, appends), numbers.Distinct());
                Assert.Equal(numbers.Order(), numbers);
            }
        }

        async Task AppendAllAsync(int writer)
        {
            for (var i = 0; i < appends; i++)
            {
                while (!await TryAppendAsync(silos[writer / Partitions].Log, writer % Partitions, $"{writer} {i}"))
                {
                    Cancelled.ThrowIfCancellationRequested();
                }

                Interlocked.Increment(ref acknowledged);
            }
        }
    }

    [Fact]
    public async Task An_event_of_another_silo_ends_the_wait_for_it()
    {
        var database = await server.CreateDatabaseAsync();
        await using var here = await SiloLog.OpenAsync(database);
        await using var there = await SiloLog.OpenAsync(database);

        var waiting = here.Log.WaitForAsync(7, 1, Cancelled).AsTask();
        await there.Log.AppendAsync(7, LogFixture.Records("a", "b"), 2);
        await waiting.WaitAsync(Cancelled);

        Assert.Equal(2, here.Log.Describe(7).NextOffset);
        Assert.Equal(["a", "b"], await EventLogUnderTest.BodiesAsync(here.Log, 7));
    }

    [Fact]
    public async Task Silos_that_start_at_once_make_each_segment_once()
    {
        var database = await server.CreateDatabaseAsync();
        var silos = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SiloLog.OpenAsync(database)));
        var made = await SegmentsAsync(database);
        await Task.WhenAll(silos.Select(silo => silo.Log.MaintainOnceAsync(Cancelled)));

        Assert.Equal(made, await SegmentsAsync(database));
        Assert.True(made > 1);
        foreach (var silo in silos)
        {
            await silo.Log.AppendAsync(0, LogFixture.Records("x"), 1);
            await silo.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_the_database_lost_fails_the_wait_behind_it_and_is_not_passed_over()
    {
        var database = await server.CreateDatabaseAsync();
        await using var silo = await SiloLog.OpenAsync(database);
        await silo.Log.AppendAsync(0, LogFixture.Records("a", "b", "c"), 3);
        var waiting = silo.Log.WaitForAsync(0, 3, Cancelled).AsTask();

        await PostgresFixture.ExecuteAsync(database, "begin; delete from event_batch; update event_head set next_offset = 1 where partition = 0; commit");
        await Assert.ThrowsAsync<EventLogException>(() => waiting.WaitAsync(Cancelled));
        await Assert.ThrowsAsync<EventLogException>(async () => await silo.Log.WaitForAsync(0, 3, Cancelled));

        var next = silo.Log.WaitForAsync(0, 1, Cancelled).AsTask();
        await silo.Log.AppendAsync(0, LogFixture.Records("new"), 1);
        await next.WaitAsync(Cancelled);
        Assert.Equal(["new"], await EventLogUnderTest.BodiesAsync(silo.Log, 0, from: 1));
    }

    private static async Task<bool> TryAppendAsync(PostgresEventLog log, int partition, string body)
    {
        try
        {
            await log.AppendAsync(partition, LogFixture.Records(body), 1);
            return true;
        }
        catch (EventLogException)
        {
            return false;
        }
    }

    private static async Task<List<string>> ReadUntilAllAsync(PostgresEventLog log, int partition, string last)
    {
        var bodies = new List<string>();
        for (var ended = new HashSet<string>(); ended.Count < Writers;)
        {
            await log.WaitForAsync(partition, bodies.Count, Cancelled);
            foreach (var read in await log.ReadAsync(partition, bodies.Count, 50, 1 << 20, Cancelled))
            {
                Assert.Equal(bodies.Count, read.Offset);
                bodies.Add(Encoding.UTF8.GetString(read.Body.Span));
                ended.UnionWith(bodies[^1].EndsWith(last, StringComparison.Ordinal) ? [bodies[^1]] : []);
            }
        }

        return bodies;
    }

    // As often as something is acknowledged in between: by the clock alone, a slow machine's connections would be cut before they are of use.
    private static async Task<int> CutConnectionsAsync(string database, Func<int> acknowledged, CancellationToken done)
    {
        var (cut, next) = (0, 0);
        await using var source = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(
            "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity where application_name = 'victim' and datname = current_database() order by random() limit 2) v",
            connection);
        while (!done.IsCancellationRequested)
        {
            if (acknowledged() >= next)
            {
                cut += (int)(long)(await command.ExecuteScalarAsync(CancellationToken.None))!;
                next = acknowledged() + 4;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }

        return cut;
    }

    private static async Task<long> SegmentsAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var command = source.CreateCommand("select count(*) from pg_inherits where inhparent = 'event_batch'::regclass");
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
