using Xunit;

namespace Muster.Query;

public sealed class QueryContinuationTests
{
    private static readonly TwinQuery Query = TwinQuery.Parse("SELECT * FROM devices");

    [Fact]
    public void A_token_reads_back_for_its_own_query_only()
    {
        var token = new QueryContinuation(3, 77).ToText(Query);
        Assert.Equal(new QueryContinuation(3, 77), QueryContinuation.Parse(token, Query));
        Assert.Throws<QueryException>(() => QueryContinuation.Parse(token, TwinQuery.Parse("SELECT * FROM devices WHERE tags.a = 1")));
    }

    [Theory]
    [InlineData(0, '!')]
    [InlineData(20, '=')]
    [InlineData(38, '\u00e9')]
    [InlineData(5, 'x')]
    public void A_mangled_token_is_recognised(int place, char with)
    {
        var token = new QueryContinuation(3, 77).ToText(Query).ToCharArray();
        token[place] = with;
        Assert.Throws<QueryException>(() => QueryContinuation.Parse(new string(token), Query));
    }
}
