using System.Text;
using Amqp;
using Amqp.Framing;
using Muster.CloudToDevice;
using Xunit;

namespace Muster.Upstream;

public sealed class RecordReaderTests
{
    private const string First = """{"originalMessageId":"a","enqueuedTimeUtc":"2026-05-01T00:00:00Z","statusCode":"Success"}""";
    private const string Second = """{"originalMessageId":"b","statusCode":"Expired"}""";
    private static readonly DateTimeOffset Now = new(2026, 5, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_element_is_a_record_with_its_own_time()
    {
        var records = Read(ServiceQueues.Feedback, $"[{First},{Second}]");
        Assert.Equal([First, Second], records.Select(static record => Encoding.UTF8.GetString(record.Body.Span)));
        Assert.Equal([new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero), Now], records.Select(static record => record.At));
    }

    [Fact]
    public void A_record_has_one_id_in_whatever_company_it_comes()
    {
        var together = Read(ServiceQueues.Feedback, $"[{First},{Second}]");
        Assert.Equal(together[1].Id, Assert.Single(Read(ServiceQueues.Feedback, $"[{Second}]")).Id);
        Assert.NotEqual(together[1].Id, Assert.Single(Read(ServiceQueues.FileNotifications, Second)).Id);
        Assert.Equal(2, Read(ServiceQueues.Feedback, $"[{First},{First}]").Select(static record => record.Id).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("no json")]
    [InlineData("7")]
    [InlineData("[1,2]")]
    public void What_is_no_record_is_none(string body) => Assert.Empty(Read(ServiceQueues.Feedback, body));

    private static ServiceRecord[] Read(string queue, string body) =>
        [.. RecordReader.Read(queue, new Message { BodySection = new Data { Binary = Encoding.UTF8.GetBytes(body) } }, Now)];
}
