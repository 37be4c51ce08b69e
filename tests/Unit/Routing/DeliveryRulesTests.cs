using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Muster.Telemetry;
using Xunit;

namespace Muster.Routing;

public sealed class DeliveryRulesTests
{
    [Fact]
    public void A_signature_is_the_hmac_of_the_time_a_dot_and_the_body()
    {
        var header = WebhookSignature.Of("[1]"u8, "a secret of the tests"u8, DateTimeOffset.FromUnixTimeSeconds(1700000000));

        var expected = HMACSHA256.HashData("a secret of the tests"u8, "1700000000.[1]"u8);
        Assert.Equal($"t=1700000000,v1={Convert.ToHexStringLower(expected)}", header);
    }

    // printf '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
    [Fact]
    public void A_signature_is_what_openssl_makes_of_it() => Assert.Equal(
        "t=1700000000,v1=e4f8e2ecae2295b2ddb2f0b5584c8275e226c0ebe9b3b819e70156bb67122e3e",
        WebhookSignature.Of("{}"u8, "0123456789abcdef"u8, DateTimeOffset.FromUnixTimeSeconds(1700000000)));

    [Fact]
    public void Pauses_double_from_the_shortest_to_the_longest_and_are_spread()
    {
        var backoff = new DeliveryBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300], Enumerable.Range(0, 11).Select(_ => backoff.Next(0.5).TotalSeconds));
        backoff.Reset();
        Assert.Equal(1, backoff.Next(0).TotalSeconds);
        Assert.Equal(3, backoff.Next(1).TotalSeconds);
        Assert.Equal(2, backoff.Next(0).TotalSeconds);
        for (var i = 0; i < 200; i++)
        {
            Assert.InRange(backoff.Next(1).TotalSeconds, 1, 300);
        }
    }

    [Theory]
    [InlineData(200, 3, null)]
    [InlineData(204, 3, null)]
    [InlineData(400, 0, 3)]
    [InlineData(422, 0, 3)]
    [InlineData(401, 0, 0)]
    [InlineData(403, 0, 0)]
    [InlineData(404, 0, 0)]
    [InlineData(405, 0, 0)]
    [InlineData(413, 0, 3)]
    [InlineData(408, 0, 0)]
    [InlineData(429, 0, 0)]
    [InlineData(500, 0, 0)]
    [InlineData(503, 0, 0)]
    [InlineData(302, 0, 0)]
    public void An_answer_is_taken_for_never_or_for_later(int status, int delivered, int? refused)
    {
        var reply = WebhookAnswers.Judge((HttpStatusCode)status, 3);

        Assert.Equal((delivered, refused), (reply.Delivered, reply.Fault?.Refused));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.0.9", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:db8::1", false)]
    public void Only_what_is_out_in_the_open_is_public(string address, bool expected) => Assert.Equal(expected, PublicAddresses.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public void Events_are_written_with_their_bodies_as_the_device_wrote_them()
    {
        var json = JsonElement.Parse(EventJson.Write(new RoutedEvent[]
        {
            new(Event(7, """{"big":12345678901234567890,"text":"\ud83d\ude00"}"""u8.ToArray(), [new("content-type", "application/json"), new("content-encoding", "utf-8")]), ["r1", "r2"]),
            new(Event(8, [1, 2, 255], []), ["r1"]),
        }).Span);

        Assert.Equal("3-7", json[0].GetProperty("id").GetString());
        Assert.Equal(["r1", "r2"], json[0].GetProperty("routes").EnumerateArray().Select(route => route.GetString()));
        Assert.Equal("""{"big":12345678901234567890,"text":"\ud83d\ude00"}""", json[0].GetProperty("body").GetRawText());
        Assert.Equal("hot", json[0].GetProperty("properties").GetProperty("path").GetString());
        Assert.Equal([1, 2, 255], json[1].GetProperty("bodyBase64").GetBytesFromBase64());
        Assert.False(json[1].TryGetProperty("body", out _));
    }

    [Fact]
    public void Dead_letters_fill_pages_and_the_oldest_page_goes_when_there_are_too_many()
    {
        var index = new DeadLetterIndex();
        for (var offset = 0; offset < 100 * (IDeadLetterGrain.MaxPages + 1); offset += 50)
        {
            var letters = Enumerable.Range(offset, 50).Select(at => Letter(at, 10)).ToImmutableArray();
            (index, var count) = DeadLetterPages.Fit(index, letters);
            Assert.Equal(50, count);
        }

        Assert.Equal(IDeadLetterGrain.MaxPages, index.Pages.Length);
        Assert.Equal(100, index.Dropped);
        Assert.All(index.Pages, page => Assert.Equal(100, page.Count));
        Assert.Equal((100 * (IDeadLetterGrain.MaxPages + 1)) - 1, index.Pages[^1].LastOffset);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(150_000)]
    [InlineData(262_144)]
    public void A_letter_that_is_too_large_for_a_page_is_cut_and_put_together_again(int size)
    {
        var letter = Letter(5, size);
        var (head, tail) = DeadLetterPages.Split(letter);

        Assert.True(head.Event.Body.Length <= DeadLetterPages.MaxBytes);
        Assert.Equal(size > DeadLetterPages.MaxBytes, !tail.IsEmpty);
        Assert.Equal(letter.Event.Body.ToArray(), (tail.IsEmpty ? head : DeadLetterPages.Join(head, tail)).Event.Body.ToArray());
    }

    internal static StoredEvent Event(long offset, byte[] body, ImmutableArray<EventProperty> system) => new()
    {
        Partition = 3,
        Offset = offset,
        EnqueuedAt = DateTimeOffset.UnixEpoch,
        DeviceId = "d1",
        SystemProperties = system,
        Properties = [new("path", "hot")],
        Body = body,
    };

    private static DeadLetter Letter(long offset, int size)
    {
        var body = new byte[size];
        for (var i = 0; i < size; i++)
        {
            body[i] = (byte)(i * 31);
        }

        return new DeadLetter(Event(offset, body, []), ["r"], "It answered 404.", DateTimeOffset.UnixEpoch);
    }
}
