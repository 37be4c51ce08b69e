using System.Reflection;
using System.Text;
using Muster.Devices;
using Orleans.Storage;
using Xunit;

namespace Muster.Storage;

/// <summary>What every engine's grain storage keeps.</summary>
public abstract class DeviceStorageLaws : IAsyncLifetime
{
    protected abstract StoreUnderTest Store { get; }

    public ValueTask InitializeAsync() => new(Store.StartAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Store.DisposeAsync();
    }

    public static TheoryData<string> Samples => ["Small", "Full", "Zeros"];

    [Theory, MemberData(nameof(Samples))]
    public async Task Every_field_comes_back_as_it_was_inserted(string sample)
    {
        var state = Sample(sample);
        await Store.CreateAsync("d", state);
        AssertSame(state, (await Store.ReadAsync("d")).State);
    }

    [Theory, MemberData(nameof(Samples))]
    public async Task Every_field_comes_back_as_it_was_updated(string sample)
    {
        foreach (var before in Samples)
        {
            var key = $"d-{before.Data}";
            var written = await Store.CreateAsync(key, Sample(before.Data));
            written.State = Sample(sample);
            await Store.WriteAsync(key, written);
            AssertSame(written.State, (await Store.ReadAsync(key)).State);
        }
    }

    [Fact]
    public async Task Changing_one_field_alone_is_written()
    {
        foreach (var (field, change) in SingleChanges())
        {
            var written = await Store.CreateAsync($"d-{field}", SampleStates.Small with { });
            written.State = change(written.State!);
            await Store.WriteAsync($"d-{field}", written);
            AssertSame(written.State, (await Store.ReadAsync($"d-{field}")).State);
        }
    }

    [Fact]
    public async Task Fields_changed_one_after_the_other_are_all_written()
    {
        var written = await Store.CreateAsync("d", SampleStates.Small with { });
        foreach (var (_, change) in SingleChanges())
        {
            written.State = change(written.State!);
            await Store.WriteAsync("d", written);
            AssertSame(written.State, (await Store.ReadAsync("d")).State);
        }
    }

    [Fact]
    public async Task A_change_that_is_taken_back_while_its_write_is_under_way_is_taken_back_by_the_next()
    {
        var written = await Store.CreateAsync("d", SampleStates.Small with { });
        var before = written.State!;
        written.State = before with { Session = SampleStates.Full.Session, ModelId = SampleStates.Full.ModelId };
        var writing = Store.WriteAsync("d", written);
        var after = written.State with { Session = before.Session, ModelId = before.ModelId, Reported = SampleStates.Full.Reported };
        await writing;

        written.State = after;
        await Store.WriteAsync("d", written);
        AssertSame(after, (await Store.ReadAsync("d")).State);
    }

    [Fact]
    public async Task What_was_read_and_changed_is_written_whole()
    {
        await Store.CreateAsync("d", SampleStates.Full);
        var read = await Store.ReadAsync("d");
        read.State = read.State! with { Reported = new TwinSection { Json = "{}"u8.ToArray(), Version = 9 }, TwinVersion = 100 };
        await Store.WriteAsync("d", read);
        AssertSame(read.State, (await Store.ReadAsync("d")).State);
    }

    [Fact]
    public void The_full_sample_leaves_no_field_at_its_default() =>
        Assert.DoesNotContain(Fields(SampleStates.Full, new DeviceState()), field => field.IsDefault);

    [Fact]
    public async Task An_absent_row_reads_as_no_record()
    {
        var read = await Store.ReadAsync("nobody");
        Assert.False(read.RecordExists);
        Assert.Null(read.ETag);
        Assert.NotNull(read.State);
    }

    [Fact]
    public async Task A_module_and_its_device_are_two_rows()
    {
        await Store.CreateAsync("d", SampleStates.Small);
        await Store.CreateAsync("d/m", SampleStates.Full);
        AssertSame(SampleStates.Small, (await Store.ReadAsync("d")).State);
        AssertSame(SampleStates.Full, (await Store.ReadAsync("d/m")).State);
    }

    [Fact]
    public async Task A_second_insert_of_a_key_is_a_conflict_and_changes_nothing()
    {
        await Store.CreateAsync("d", SampleStates.Full);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.CreateAsync("d", SampleStates.Small));
        AssertSame(SampleStates.Full, (await Store.ReadAsync("d")).State);
    }

    [Fact]
    public async Task A_stale_write_is_a_conflict_and_the_rest_of_its_batch_is_not()
    {
        var states = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Store.CreateAsync($"d-{i}")));
        var overtaken = await Store.ReadAsync("d-17");
        await Store.WriteAsync("d-17", overtaken);

        var writes = states.Select((state, i) => Store.WriteAsync($"d-{i}", Next(state))).ToArray();

        await Assert.ThrowsAsync<InconsistentStateException>(() => writes[17]);
        await Task.WhenAll(writes.Where((_, i) => i != 17));
        Assert.Equal(1, (await Store.ReadAsync("d-16")).State!.TwinVersion);
        Assert.Equal(0, (await Store.ReadAsync("d-17")).State!.TwinVersion);
    }

    [Fact]
    public async Task A_stale_write_that_changes_tags_is_a_conflict_too()
    {
        var stale = await Store.CreateAsync("d");
        await Store.WriteAsync("d", await Store.ReadAsync("d"));
        stale.State = SampleStates.Full;
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.WriteAsync("d", stale));
        AssertSame(SampleStates.Small, (await Store.ReadAsync("d")).State);
    }

    [Fact]
    public async Task Each_write_gives_the_etag_for_the_next()
    {
        var state = await Store.CreateAsync("d");
        var first = state.ETag;
        await Store.WriteAsync("d", Next(state));
        Assert.NotEqual(first, state.ETag);
        Assert.Equal(state.ETag, (await Store.ReadAsync("d")).ETag);
        await Store.WriteAsync("d", Next(state));
    }

    [Fact]
    public async Task A_cleared_row_is_gone()
    {
        var state = await Store.CreateAsync("d", SampleStates.Full);
        await Store.ClearAsync("d", state);
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.False((await Store.ReadAsync("d")).RecordExists);
    }

    [Fact]
    public async Task Clearing_with_a_stale_etag_is_a_conflict()
    {
        var stale = await Store.CreateAsync("d");
        await Store.WriteAsync("d", await Store.ReadAsync("d"));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.ClearAsync("d", stale));
        Assert.True((await Store.ReadAsync("d")).RecordExists);
    }

    [Fact]
    public async Task Clearing_what_was_never_written_does_nothing()
    {
        await Store.ClearAsync("d", new GrainState<DeviceState>());
        Assert.False((await Store.ReadAsync("d")).RecordExists);
    }

    [Fact]
    public async Task A_row_made_again_refuses_the_etags_of_the_one_before()
    {
        var before = await Store.CreateAsync("d");
        var stale = await Store.ReadAsync("d");
        await Store.ClearAsync("d", before);
        await Store.CreateAsync("d");
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.WriteAsync("d", stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Store.ClearAsync("d", stale));
    }

    [Fact]
    public async Task A_read_sees_the_writes_that_were_pending_when_it_began()
    {
        var states = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Store.CreateAsync($"d-{i}")));
        var writes = states.Select((state, i) => Store.WriteAsync($"d-{i}", Next(state))).ToArray();
        var reads = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Store.ReadAsync($"d-{i}")));
        Assert.All(reads, read => Assert.Equal(1, read.State!.TwinVersion));
        await Task.WhenAll(writes);
    }

    [Fact]
    public async Task The_reader_answers_the_committed_row_and_null_for_nobody()
    {
        await Store.CreateAsync("d/m", SampleStates.Full);
        AssertSame(SampleStates.Full, await Store.Reader.ReadAsync(DeviceKey.Parse("d/m"), TestContext.Current.CancellationToken));
        Assert.Null(await Store.Reader.ReadAsync(DeviceKey.Parse("d"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        await Store.CreateAsync("d", SampleStates.Small);
        await Store.RestartAsync();
        AssertSame(SampleStates.Small, (await Store.ReadAsync("d")).State);
    }

    protected static GrainState<DeviceState> Next(GrainState<DeviceState> state)
    {
        state.State = state.State! with { TwinVersion = state.State!.TwinVersion + 1 };
        return state;
    }

    protected static void AssertSame(DeviceState? expected, DeviceState? actual) => Assert.Equal(Describe(expected), Describe(actual));

    private static DeviceState Sample(string name) => name switch
    {
        "Small" => SampleStates.Small,
        "Full" => SampleStates.Full,
        _ => SampleStates.Zeros,
    };

    private static IEnumerable<(string Field, Func<DeviceState, DeviceState> Change)> SingleChanges()
    {
        foreach (var property in typeof(DeviceState).GetProperties())
        {
            yield return (property.Name, before =>
            {
                var changed = before with { };
                property.SetValue(changed, property.GetValue(SampleStates.Full));
                return changed;
            }
            );
        }

        foreach (var property in typeof(IdentityState).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            yield return ($"Identity.{property.Name}", before =>
            {
                var identity = SampleStates.Small.Identity with { };
                property.SetValue(identity, property.GetValue(SampleStates.Full.Identity));
                return before with { Identity = identity };
            }
            );
        }
    }

    private static string Describe(object? value) => string.Join("\n", Fields(value, null).Select(field => $"{field.Path}={field.Text}"));

    private static IEnumerable<(string Path, string Text, bool IsDefault)> Fields(object? value, object? standard, string path = "")
    {
        if (value is DeviceState or IdentityState or TwinSection or SessionState)
        {
            return value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(property =>
                Fields(property.GetValue(value), standard is null ? null : property.GetValue(standard), $"{path}.{property.Name}"));
        }

        var text = Text(value);
        return [(path, text, standard is not null && text == Text(standard))];
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        byte[] bytes => $"[{bytes.Length}] {Convert.ToHexString(bytes)} {Encoding.UTF8.GetString(bytes)}",
        string[] texts => $"[{texts.Length}] {string.Join("|", texts)}",
        DateTimeOffset time => $"{time:O}",
        _ => $"'{value}'",
    };
}
