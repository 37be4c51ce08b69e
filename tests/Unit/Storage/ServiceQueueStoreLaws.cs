using System.Text;
using Muster.CloudToDevice;
using Xunit;

namespace Muster.Storage;

/// <summary>What every engine's service queues keep.</summary>
public abstract class ServiceQueueStoreLaws : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2031, 5, 17, 10, 20, 30, 123, TimeSpan.Zero);

    protected abstract StoreUnderTest Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(Store.StartAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Store.DisposeAsync();
    }

    [Fact]
    public async Task Records_are_read_back_in_order_after_a_restart()
    {
        var records = Enumerable.Range(0, 100).Select(i => Record(i)).ToArray();
        var positions = await AppendAsync("q", records[..60]);
        positions = [.. positions, .. await AppendAsync("q", records[60..])];
        await Store.RestartAsync();

        var read = await Store.ServiceQueues.ReadAsync("q", 0, 1000, Cancel);

        Assert.Equal(positions.Order(), positions);
        Assert.Equal(positions, read.Select(record => record.Position));
        Assert.Equal(records.Select(record => (record.Id, record.At, Text(record))), read.Select(r => (r.Record.Id, r.Record.At, Text(r.Record))));
        Assert.Equal(positions[10..30], (await Store.ServiceQueues.ReadAsync("q", positions[9], 20, Cancel)).Select(record => record.Position));
    }

    [Fact]
    public async Task An_id_is_added_once_and_stays_known_when_its_record_is_settled()
    {
        var (one, two) = (Record(1), Record(2));
        var first = await AppendAsync("q", [one, one]);
        Assert.True(first[0] > 0);
        Assert.Equal(0, first[1]);
        await Store.ServiceQueues.SettleAsync("q", [first[0]], Cancel);
        await Store.RestartAsync();

        var again = await AppendAsync("q", [one, two]);

        Assert.Equal(0, again[0]);
        Assert.True(again[1] > first[0]);
        Assert.Equal([again[1]], (await Store.ServiceQueues.ReadAsync("q", 0, 10, Cancel)).Select(record => record.Position));
    }

    [Fact]
    public async Task What_is_forgotten_is_gone_settled_or_not_and_what_is_left_is_counted()
    {
        var positions = await AppendAsync("q", [Record(0), Record(1), Record(2), Record(3)]);
        await Store.ServiceQueues.SettleAsync("q", [positions[0], positions[2]], Cancel);

        Assert.Equal(2, await Store.ServiceQueues.ForgetAsync("q", Now, Cancel));
        Assert.Equal(1, await Store.ServiceQueues.ForgetAsync("q", Now.AddMinutes(2), Cancel));
        Assert.Equal([positions[3]], (await Store.ServiceQueues.ReadAsync("q", 0, 10, Cancel)).Select(record => record.Position));
        Assert.True((await AppendAsync("q", [Record(0)]))[0] > positions[3]);
    }

    [Fact]
    public async Task More_than_one_page_is_forgotten_at_once()
    {
        await AppendAsync("q", [.. Enumerable.Range(0, ServiceQueuePages.Forgotten + 1).Select(i => Record(i) with { At = Now })]);
        await AppendAsync("q", [Record(20_000)]);

        Assert.Equal(1, await Store.ServiceQueues.ForgetAsync("q", Now.AddMinutes(1), Cancel));
    }

    [Fact]
    public async Task Queues_do_not_disturb_each_other()
    {
        var a = await AppendAsync("a", [Record(1)]);
        var b = await AppendAsync("b", [Record(1)]);

        await Store.ServiceQueues.SettleAsync("a", [a[0], b[0]], Cancel);
        await Store.ServiceQueues.ForgetAsync("a", DateTimeOffset.MaxValue, Cancel);

        Assert.Empty(await Store.ServiceQueues.ReadAsync("a", 0, 10, Cancel));
        Assert.Equal(b, (await Store.ServiceQueues.ReadAsync("b", 0, 10, Cancel)).Select(record => record.Position));
    }

    [Fact]
    public async Task Writers_at_once_lose_nothing()
    {
        var batches = Enumerable.Range(0, 20).Select(i => Enumerable.Range(0, 10).Select(j => Record((10 * i) + j)).ToArray()).ToArray();

        await Task.WhenAll(batches.Select(batch => AppendAsync("q", batch)));

        var read = await Store.ServiceQueues.ReadAsync("q", 0, 1000, Cancel);
        Assert.Equal(batches.SelectMany(batch => batch).Select(record => record.Id).Order(), read.Select(record => record.Record.Id).Order());
    }

    private async Task<long[]> AppendAsync(string queue, ServiceRecord[] records) => [.. await Store.ServiceQueues.AppendAsync(queue, records, Cancel)];

    private static ServiceRecord Record(int number) => new()
    {
        Id = new Guid(number, 7, 7, [1, 2, 3, 4, 5, 6, 7, 8]),
        At = Now.AddMinutes(number),
        Body = Encoding.UTF8.GetBytes($$"""{"number":{{number}},"text":"Zürich ✓"}"""),
    };

    private static string Text(ServiceRecord record) => Encoding.UTF8.GetString(record.Body.Span);
}
