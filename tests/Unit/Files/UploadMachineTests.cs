using Muster.Errors;
using Xunit;

namespace Muster.Files;

public sealed class UploadMachineTests
{
    private static readonly DateTimeOffset Now = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ten_uploads_may_be_under_way_and_an_eleventh_may_not_until_one_ends_or_lapses()
    {
        var state = FileUploadsState.None;
        for (var i = 0; i < UploadMachine.MaxActive; i++)
        {
            state = UploadMachine.Begin(state, Upload(i, Now))!;
        }

        Assert.Null(UploadMachine.Begin(state, Upload(10, Now)));
        Assert.NotNull(UploadMachine.Begin(UploadMachine.End(state, "3", Now), Upload(10, Now)));
        Assert.Single(UploadMachine.Begin(state, Upload(10, Now.AddHours(1)))!.Active);
    }

    [Fact]
    public void An_upload_is_found_until_it_ends_or_lapses()
    {
        var state = UploadMachine.Begin(FileUploadsState.None, Upload(1, Now))!;

        Assert.NotNull(UploadMachine.Find(state, "1", Now.AddMinutes(59)));
        Assert.Null(UploadMachine.Find(state, "1", Now.AddHours(1)));
        Assert.Null(UploadMachine.Find(state, "2", Now));
        Assert.Null(UploadMachine.Find(UploadMachine.End(state, "1", Now), "1", Now));
    }

    [Theory]
    [InlineData("x.txt")]
    [InlineData("a/b/c.txt")]
    [InlineData("grün und blau.txt")]
    public void A_name_gets_its_device_before_it(string name) => Assert.Equal($"d1/{name}", BlobNames.Of("d1", name, out _));

    [Theory]
    [InlineData("")]
    [InlineData("/x")]
    [InlineData("x/")]
    [InlineData("a//b")]
    [InlineData("../d2/x")]
    [InlineData("a/./b")]
    [InlineData("a\\b")]
    [InlineData("a%2fb")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    public void A_name_that_could_lead_elsewhere_is_refused(string name)
    {
        Assert.Null(BlobNames.Of("d1", name, out var why));
        Assert.Equal(HubErrorCode.ArgumentInvalid, why!.Code);
    }

    [Fact]
    public void A_name_is_as_long_as_a_blobs_may_be_and_no_longer()
    {
        Assert.NotNull(BlobNames.Of("d1", new string('x', 1021), out _));
        Assert.Null(BlobNames.Of("d1", new string('x', 1022), out _));
    }

    private static FileUpload Upload(int id, DateTimeOffset at) => new()
    {
        CorrelationId = id.ToString(System.Globalization.CultureInfo.InvariantCulture),
        BlobName = "d1/x",
        StartedAt = at,
        ExpiresAt = at.AddHours(1),
    };
}
