using Microsoft.Extensions.Options;
using Xunit;

namespace Muster.Sessions;

public sealed class ConnectionLimitTests
{
    [Fact]
    public void One_too_many_is_refused_until_another_leaves()
    {
        var limit = new ConnectionLimit(Options.Create(new HubOptions { MaxConnections = 2 }));
        Assert.True(limit.TryEnter() && limit.TryEnter());
        Assert.False(limit.TryEnter());
        Assert.Equal(2, limit.Open);
        limit.Leave();
        Assert.True(limit.TryEnter());
    }

    [Theory]
    [InlineData("Limit Soft Hard Units\nMax open files            20000                40000                files\n", 20_000)]
    [InlineData("Max open files            unlimited            unlimited            files\n", 1_000_000)]
    [InlineData("Max stack size            8388608              unlimited            bytes\n", 1024)]
    public void The_open_file_limit_is_read_as_linux_writes_it(string text, int limit)
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, text);
        Assert.Equal(limit, FileLimit.Read(path));
        File.Delete(path);
    }

    [Fact]
    public void Options_out_of_range_are_refused_together()
    {
        var result = new HubOptionsValidator().Validate(null, new HubOptions { MaxConnections = 0, ConnectTimeout = TimeSpan.Zero });
        Assert.Equal(2, result.Failures!.Count());
        Assert.True(new HubOptionsValidator().Validate(null, new HubOptions()).Succeeded);
    }
}
