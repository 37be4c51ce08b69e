using System.Text;
using Muster.Devices;
using Muster.Storage.Sqlite;
using Xunit;

namespace Muster.Storage;

public sealed class TagIndexTests
{
    private static readonly string?[] Samples =
    [
        null,
        "{}",
        """{"site":"A","floor":1}""",
        """{"site":"B","floor":1.5,"ok":true}""",
        """{"site":"A","building":{"floor":{"room":"x"},"site":"A"}}""",
        """{"list":[1,2,{"a":1}],"n":-12,"big":123456789012345678901234567890,"no":false}""",
        """{"escaped\u00e9":"\u0000z\"\\","ok":1,"empty":""}""",
    ];

    [Theory, MemberData(nameof(Seeds))]
    public async Task The_index_holds_exactly_what_the_rows_tags_say(int seed)
    {
        await using var store = new SqliteStoreUnderTest();
        var random = new Random(seed);
        var states = new Dictionary<string, GrainState<DeviceState>>();
        for (var step = 0; step < 40; step++)
        {
            var key = $"d-{random.Next(4)}";
            if (!states.TryGetValue(key, out var state))
            {
                states[key] = await store.CreateAsync(key, Tagged(random));
            }
            else if (random.Next(5) == 0)
            {
                await store.ClearAsync(key, state);
                states.Remove(key);
            }
            else
            {
                state.State = Tagged(random);
                await store.WriteAsync(key, state);
            }
        }

        var expected = states.SelectMany(pair => TagEntry.Of(pair.Value.State!.Tags).Select(entry => Describe(entry, pair.Key)));
        Assert.Equal(expected.Order(StringComparer.Ordinal), (await IndexAsync(store)).Order(StringComparer.Ordinal));
    }

    public static TheoryData<int> Seeds => [1, 2, 3, 4, 5, 6, 7, 8];

    [Fact]
    public async Task A_write_that_leaves_the_tags_alone_does_not_touch_the_index()
    {
        await using var store = new SqliteStoreUnderTest();
        var state = await store.CreateAsync("d", SampleStates.Full);
        var empty = new TestOperation(session => session.Database.Execute("DELETE FROM tag_index"));
        store.Store.Writer.Add(empty);
        await empty.Done;

        state.State = state.State! with { TwinVersion = 99, Reported = SampleStates.Zeros.Desired, NextDeadline = null };
        await store.WriteAsync("d", state);
        Assert.Empty(await IndexAsync(store));
    }

    [Fact]
    public void Primitives_are_indexed_by_their_whole_path_and_arrays_and_nulls_are_not() =>
        Assert.Equal(
            [
                new TagEntry("a", TagKind.Number, 1L),
                new TagEntry("b\u001fc", TagKind.Text, "x"),
                new TagEntry("b\u001fd", TagKind.Boolean, 1L),
                new TagEntry("e", TagKind.Number, 0.5),
            ],
            TagEntry.Of("""{"a":1,"b":{"c":"x","d":true,"n":null},"l":[1],"e":5e-1}"""u8));

    private static DeviceState Tagged(Random random) =>
        SampleStates.Small with { Tags = Samples[random.Next(Samples.Length)] is { } tags ? Encoding.UTF8.GetBytes(tags) : null };

    private static Task<List<string>> IndexAsync(SqliteStoreUnderTest store) => store.Store.Queries.ReadAsync(
        database =>
        {
            using var rows = database.Prepare("SELECT path, kind, value, device_id FROM tag_index JOIN device ON id = device");
            var found = new List<string>();
            while (rows.Step())
            {
                object value = rows.ColumnType(2) switch
                {
                    SQLitePCL.raw.SQLITE_INTEGER => rows.Int64(2),
                    SQLitePCL.raw.SQLITE_FLOAT => rows.Double(2),
                    _ => rows.TextOrNull(2)!,
                };
                found.Add(Describe(new TagEntry(rows.TextOrNull(0)!, (TagKind)rows.Int64(1), value), rows.TextOrNull(3)!));
            }

            return found;
        },
        TestContext.Current.CancellationToken);

    private static string Describe(TagEntry entry, string device) => $"{device} {entry.Path} {entry.Kind} {entry.Value.GetType().Name} {entry.Value}";
}
