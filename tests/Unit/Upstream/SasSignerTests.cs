using System.Text;
using Microsoft.Extensions.Time.Testing;
using Muster.Access;
using Xunit;

namespace Muster.Upstream;

public sealed class SasSignerTests
{
    private const string Key = "c2VjcmV0IG9mIHRoZSB0ZXN0cw==";
    private readonly FakeTimeProvider clock = new(DateTimeOffset.Parse("2026-05-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void A_hubs_key_signs_decoded()
    {
        Assert.True(SasToken.TryParse(SasSigner.Of(new HubConnectionString("h.test", "owner", Key), clock).Sign("h.test"), out var token));
        Assert.True(token.IsSignedBy(Key));
        Assert.Equal(("h.test", "owner", clock.GetUtcNow().AddHours(1)), (token.Host, token.PolicyName, token.ExpiresAt));
    }

    [Fact]
    public void An_event_hubs_key_signs_as_the_text_that_it_is()
    {
        Assert.True(SasToken.TryParse(SasSigner.OfText("owner", Key, clock).Sign("sb://h.test/hub/$management"), out var token));
        Assert.True(token.IsSignedBy(Encoding.UTF8.GetBytes(Key)));
        Assert.False(token.IsSignedBy(Key));
        Assert.True(token.IsForEventHubs);
    }

    [Fact]
    public void A_token_is_used_again_until_three_quarters_of_its_time_are_over()
    {
        var signer = SasSigner.OfText("owner", Key, clock);
        var first = signer.Current("h.test");
        clock.Advance(TimeSpan.FromMinutes(44));
        Assert.Equal(first, signer.Current("h.test"));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotEqual(first, signer.Current("h.test"));
    }
}
