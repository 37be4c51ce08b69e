using System.Collections.Immutable;
using System.Text;
using Muster.Telemetry;

namespace Muster.Routing;

/// <summary>How dead letters fill their pages. Pure.</summary>
internal static class DeadLetterPages
{
    internal const int MaxLetters = 100;

    /// <summary>Bytes of letters in a page: what a document takes, less what surrounds them.</summary>
    internal const int MaxBytes = 192 << 10;

    private const int Overhead = 256;

    /// <summary>Puts as many letters as fit into the newest page or, if none does, into a new one; the oldest page goes if there are too many.</summary>
    /// <returns>What the index becomes, and how many of the letters its last page takes.</returns>
    internal static (DeadLetterIndex Next, int Count) Fit(DeadLetterIndex index, ImmutableArray<DeadLetter> letters)
    {
        var newest = index.Pages.IsEmpty ? default : index.Pages[^1];
        var opens = index.Pages.IsEmpty || !Fits(newest, letters[0]);
        var page = opens ? new DeadLetterPageEntry(index.Pages.IsEmpty ? 0 : newest.Number + 1, -1, 0, 0) : newest;
        var count = 0;
        while (count < letters.Length && (count == 0 || Fits(page, letters[count])))
        {
            page = new(page.Number, letters[count].Event.Offset, page.Count + 1, page.Bytes + Size(letters[count]));
            count++;
        }

        var pages = opens ? index.Pages.Add(page) : index.Pages.SetItem(index.Pages.Length - 1, page);
        return pages.Length > IDeadLetterGrain.MaxPages
            ? (new DeadLetterIndex { Pages = pages.RemoveAt(0), Dropped = index.Dropped + pages[0].Count }, count)
            : (index with { Pages = pages }, count);
    }

    /// <summary>Cuts a letter that no page has room for: its body, and its properties if they alone are too many.</summary>
    /// <returns>The letter for the page, and the end of its body; empty if it fits as it is.</returns>
    internal static (DeadLetter Head, ReadOnlyMemory<byte> Tail) Split(DeadLetter letter)
    {
        var body = letter.Event.Body;
        if (Size(letter) <= MaxBytes)
        {
            return (letter, default);
        }

        var around = (int)Math.Min(int.MaxValue, Size(letter) - body.Length);
        if (around > MaxBytes)
        {
            var reason = $"{letter.Reason} (The message's properties were too many to be kept here.)";
            letter = letter with { Event = letter.Event with { Properties = [], SystemProperties = [] }, Reason = reason };
        }

        var head = Math.Clamp(MaxBytes - around, 0, body.Length - 1);
        return (letter with { Event = letter.Event with { Body = body[..head] } }, body[head..]);
    }

    internal static DeadLetter Join(DeadLetter head, ReadOnlyMemory<byte> tail) =>
        head with { Event = head.Event with { Body = (byte[])[.. head.Event.Body.Span, .. tail.Span] } };

    private static bool Fits(DeadLetterPageEntry page, DeadLetter letter) => page.Count < MaxLetters && page.Bytes + Size(letter) <= MaxBytes;

    private static long Size(DeadLetter letter) =>
        Overhead + letter.Event.Body.Length + letter.Reason.Length + letter.Routes.Sum(static route => route.Length)
        + letter.Event.DeviceId.Length + (letter.Event.ModuleId?.Length ?? 0) + Size(letter.Event.Properties) + Size(letter.Event.SystemProperties);

    private static long Size(ImmutableArray<EventProperty> properties) =>
        properties.Sum(static property => 8L + Encoding.UTF8.GetByteCount(property.Name) + Encoding.UTF8.GetByteCount(property.Value ?? ""));
}

/// <summary>The dead letters of an endpoint, over all partitions.</summary>
internal static class DeadLetters
{
    /// <summary>How many are read at once.</summary>
    internal const int MaxRead = 100;

    private const int MaxBytes = 4 << 20;

    internal static Task AddAsync(IGrainFactory grains, string endpoint, int partition, ImmutableArray<DeadLetter> letters) =>
        Of(grains, endpoint, partition).AddAsync(letters);

    internal static async Task<DeadLetterPage> ReadAsync(IGrainFactory grains, string endpoint, DeadLetterPosition? after, int max)
    {
        var counts = await Task.WhenAll(Partitions().Select(partition => Of(grains, endpoint, partition).CountAsync()));
        var (total, dropped) = (counts.Sum(static count => count.Total), counts.Sum(static count => count.Dropped));
        var letters = ImmutableArray.CreateBuilder<DeadLetter>();
        var bytes = 0L;
        for (var partition = Math.Max(0, after?.Partition ?? 0); partition < PartitionHash.EventPartitions && letters.Count < max && bytes < MaxBytes; partition++)
        {
            if (counts[partition].Total > 0)
            {
                var behind = partition == after?.Partition ? after.Value.Offset : -1;
                letters.AddRange(await Of(grains, endpoint, partition).ReadAsync(behind, max - letters.Count));
                bytes = letters.Sum(static letter => (long)letter.Event.Body.Length);
            }
        }

        var isEnd = letters.Count < max && bytes < MaxBytes;
        return new DeadLetterPage(
            letters.ToImmutable(), isEnd ? null : new DeadLetterPosition(letters[^1].Event.Partition, letters[^1].Event.Offset), total, dropped);
    }

    internal static Task ClearAsync(IGrainFactory grains, string endpoint) =>
        Task.WhenAll(Partitions().Select(partition => Of(grains, endpoint, partition).ClearAsync()));

    private static IEnumerable<int> Partitions() => Enumerable.Range(0, PartitionHash.EventPartitions);

    private static IDeadLetterGrain Of(IGrainFactory grains, string endpoint, int partition) => grains.GetGrain<IDeadLetterGrain>($"{endpoint}/{partition}");
}
