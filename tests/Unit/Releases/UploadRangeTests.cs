using Muster.Errors;
using Xunit;

namespace Muster.Releases;

public sealed class UploadRangeTests
{
    private const long Max = 2L * 1024 * 1024 * 1024;

    [Fact]
    public void A_header_says_which_piece_of_what_comes()
    {
        Assert.Equal(new UploadRange(UploadRangeKind.Whole, 0, 7, 7), UploadRange.Read("", 7).Range);
        Assert.Equal(new UploadRange(UploadRangeKind.Whole, 0, null, null), UploadRange.Read("", null).Range);
        Assert.Equal(new UploadRange(UploadRangeKind.Part, 10, 5, 20), UploadRange.Read("bytes 10-14/20", 5).Range);
        Assert.Equal(new UploadRange(UploadRangeKind.Part, 10, 5, null), UploadRange.Read("bytes 10-14/*", null).Range);
        Assert.Equal(new UploadRange(UploadRangeKind.Question, 0, 0, 20), UploadRange.Read("bytes */20", 0).Range);
    }

    [Theory]
    [InlineData("bytes 10-14/20", 6L)]
    [InlineData("bytes 14-10/20", 5L)]
    [InlineData("lines 1-2/3", 2L)]
    [InlineData("bytes */20", 5L)]
    [InlineData("10-14", 5L)]
    public void What_does_not_fit_together_is_refused(string header, long length) => Assert.NotNull(UploadRange.Read(header, length).Why);

    [Fact]
    public void Three_gigabytes_are_refused_before_a_byte_comes()
    {
        const long Large = 3L * 1024 * 1024 * 1024;
        Assert.Equal(HubErrorCode.ArtifactTooLarge, Check(UploadRange.Read("", Large).Range, received: 0));
        Assert.Equal(HubErrorCode.ArtifactTooLarge, Check(UploadRange.Read($"bytes 0-9/{Large}", 10).Range, received: 0));
        Assert.Equal(HubErrorCode.ArtifactTooLarge, Check(UploadRange.Read($"bytes {Max - 5}-{Max + 4}/*", 10).Range, received: Max - 5));
        Assert.Null(Check(UploadRange.Read("", Max).Range, received: 0));
    }

    [Fact]
    public void A_piece_goes_on_where_the_file_ends_and_not_beyond_what_was_said()
    {
        Assert.Null(Check(UploadRange.Read("bytes 10-19/20", 10).Range, received: 10, size: 20));
        Assert.Equal(HubErrorCode.UploadOffsetConflict, Check(UploadRange.Read("bytes 10-19/20", 10).Range, received: 9, size: 20));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Check(UploadRange.Read("bytes 10-19/21", 10).Range, received: 10, size: 20));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Check(UploadRange.Read("bytes 10-20/*", 11).Range, received: 10, size: 20));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Check(UploadRange.Read("", 0).Range, received: 0));
    }

    private static HubErrorCode? Check(UploadRange range, long received, long? size = null)
    {
        var upload = new ArtifactUpload { Spec = new ArtifactSpec { Name = "a", Size = size }, Pieces = received == 0 ? [] : [new UploadPiece(Guid.NewGuid(), received)] };
        return UploadRules.Check(range, upload, size ?? range.Total, Max)?.Code;
    }
}
