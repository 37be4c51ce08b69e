using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Muster.Access;
using Muster.Calls;
using Muster.Fixture;
using Muster.Local;
using Muster.Storage.Postgres;
using Npgsql;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using Xunit;

namespace Muster.Storage;

/// <summary>Grains with documents on three silos over one PostgreSQL database.</summary>
public sealed class DocumentGrainTests : IAsyncLifetime
{
    private PostgresServer? server;
    private InProcessTestCluster? cluster;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Database => server!.ConnectionString("postgres");

    public async ValueTask InitializeAsync()
    {
        server = await PostgresServer.StartTemporaryAsync(IPAddress.Parse("127.0.111.8"), PostgresTuning.Test, Cancel);
        await using (var database = NpgsqlDataSource.Create(Database + ";Pooling=false"))
        {
            await PostgresMigrations.ApplyAsync(database, Cancel);
        }

        var builder = new InProcessTestClusterBuilder(3);
#pragma warning disable ORLEANSEXP003 // The directory that the product ships.
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        builder.ConfigureSilo((_, silo) => Configure(silo));
        cluster = builder.Build();
        await cluster.DeployAsync();
        await cluster.WaitForLivenessToStabilizeAsync(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }

        if (server is not null)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_was_acknowledged_outlives_a_silo_that_is_killed_under_load()
    {
        using var loaded = new SemaphoreSlim(0);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var counts = Enumerable.Range(0, 30).Select(i => CountAsync($"counter-{i}", loaded, end.Token)).ToArray();
        for (var i = 0; i < 200; i++)
        {
            await loaded.WaitAsync(Cancel);
        }

        await cluster!.KillSiloAsync(cluster.Silos[2], Cancel);
        for (var i = 0; i < 300; i++)
        {
            await loaded.WaitAsync(Cancel);
        }

        await end.CancelAsync();
        foreach (var (key, acknowledged, unknown) in await Task.WhenAll(counts))
        {
            Assert.InRange((await CallAsync(key, counter => counter.GetAsync(), Repeat.Always)).Value, acknowledged, acknowledged + unknown);
        }
    }

    [Fact]
    public async Task A_failed_write_ends_the_activation_even_if_the_grain_swallows_it()
    {
        var counter = cluster!.Client.GetGrain<ICounterGrain>("full");
        Assert.Equal(1, await counter.AddAsync());
        var before = await counter.GetAsync();

        Assert.False(await counter.OverfillAsync());

        var after = await counter.GetAsync();
        Assert.NotEqual(before.Activation, after.Activation);
        Assert.Equal((1, 0), (after.Value, after.Bytes));
        Assert.Equal(2, await counter.AddAsync());
    }

    [Fact]
    public async Task A_document_that_another_hand_changed_is_a_conflict_and_the_next_call_sees_it()
    {
        var counter = cluster!.Client.GetGrain<ICounterGrain>("overtaken");
        await counter.AddAsync();
        await using (var database = NpgsqlDataSource.Create(Database + ";Pooling=false"))
        {
            await using var overtake = database.CreateCommand("update document set version = nextval('document_version') where key = 'overtaken'");
            Assert.Equal(1, await overtake.ExecuteNonQueryAsync(Cancel));
        }

        await Assert.ThrowsAsync<Orleans.Storage.InconsistentStateException>(counter.AddAsync);
        Assert.Equal(2, await counter.AddAsync());
    }

    [Fact]
    public async Task A_cleared_document_begins_anew()
    {
        var counter = cluster!.Client.GetGrain<ICounterGrain>("cleared");
        await counter.AddAsync();
        await counter.AddAsync();
        await counter.ClearAsync();
        Assert.Equal(1, await counter.AddAsync());
    }

    private async Task<(string Key, int Acknowledged, int Unknown)> CountAsync(string key, SemaphoreSlim loaded, CancellationToken end)
    {
        var (acknowledged, unknown) = (0, 0);
        while (!end.IsCancellationRequested)
        {
            try
            {
                await CallAsync(key, counter => counter.AddAsync(), Repeat.IfNotRun);
                acknowledged++;
                loaded.Release();
            }
            catch (Exception e) when (CallFaults.Judge(e) == CallOutcome.Unknown)
            {
                unknown++;
            }
        }

        return (key, acknowledged, unknown);
    }

    private Task<T> CallAsync<T>(string key, Func<ICounterGrain, Task<T>> call, Repeat repeat) =>
        new GrainCalls(TimeProvider.System).CallAsync(key, repeat, () => call(cluster!.Client.GetGrain<ICounterGrain>(key)), Cancel);

    private void Configure(ISiloBuilder silo)
    {
        silo.AddMusterGrains().AddPostgresStorage(Database);
        silo.AddGrainService<TestSessionHost>();
        silo.Services.AddSingleton<TestSessions>();
        silo.Services.AddSingleton<ISecretProtector, TestSecrets>().AddSingleton<IAccessPolicies, TestPolicies>();
    }
}
