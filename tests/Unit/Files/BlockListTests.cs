using System.Text;
using Xunit;

namespace Muster.Files;

public sealed class BlockListTests
{
    [Fact]
    public void Ids_come_in_the_lists_order_from_latest_and_uncommitted()
    {
        var ids = Read("""<?xml version="1.0" encoding="UTF-8" standalone="yes"?><BlockList><Latest>Yg==</Latest> <Uncommitted>YQ==</Uncommitted><Latest>Yg==</Latest></BlockList>""");
        Assert.Equal(["b", "a", "b"], ids!.Select(id => Encoding.UTF8.GetString(id.Span)));
    }

    [Fact]
    public void An_empty_list_has_no_blocks()
    {
        Assert.Empty(Read("<BlockList/>")!);
        Assert.Empty(Read("<BlockList></BlockList>")!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("<Other/>")]
    [InlineData("<BlockList>")]
    [InlineData("<BlockList><Latest>YQ==</Latest>")]
    [InlineData("<BlockList><Latest>not base64</Latest></BlockList>")]
    [InlineData("<BlockList><Latest></Latest></BlockList>")]
    [InlineData("<BlockList><Latest><Latest>YQ==</Latest></Latest></BlockList>")]
    [InlineData("<BlockList><Committed>YQ==</Committed></BlockList>")]
    [InlineData("<BlockList>text</BlockList>")]
    [InlineData("""<!DOCTYPE b [<!ENTITY e SYSTEM "file:///etc/passwd">]><BlockList><Latest>&e;</Latest></BlockList>""")]
    public void Anything_else_is_no_list(string xml) => Assert.Null(Read(xml));

    [Fact]
    public void An_id_has_1_to_64_bytes()
    {
        Assert.Equal(64, BlockList.ReadId(Convert.ToBase64String(new byte[64]))!.Length);
        Assert.Null(BlockList.ReadId(Convert.ToBase64String(new byte[65])));
        Assert.Null(BlockList.ReadId(""));
        Assert.Null(BlockList.ReadId("../../x"));
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>>? Read(string xml) => BlockList.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml)));
}
