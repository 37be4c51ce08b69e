using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace Muster.Access;

public sealed class SasTokenTests
{
    private static readonly string Key = Convert.ToBase64String(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("localhost%2Fdevices%2Fd1")]
    [InlineData("localhost%2fdevices%2fd1")]
    [InlineData("localhost/devices/d1")]
    [InlineData("LOCALHOST:8883/devices/d1")]
    public void The_signature_is_over_the_resource_as_it_is_written(string resource)
    {
        Assert.True(SasToken.TryParse(Sign(resource, Now.AddHours(1).ToUnixTimeSeconds()), out var token));
        Assert.True(token.IsSignedBy(Key));
        Assert.True(token.Covers("devices", "d1"));
    }

    [Fact]
    public void Fields_come_in_any_order()
    {
        var fields = Sign("localhost", 1900000000, "device")["SharedAccessSignature ".Length..].Split('&');
        foreach (var order in Orders(fields))
        {
            Assert.True(SasToken.TryParse("SharedAccessSignature " + string.Join('&', order), out var token));
            Assert.Equal("device", token.PolicyName);
            Assert.True(token.IsSignedBy(Key));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("SharedAccessSignature ")]
    [InlineData("SharedAccessSignature sr=a&sig=b")]
    [InlineData("SharedAccessSignature sr=a&sr=b&sig=AAAA&se=1")]
    [InlineData("SharedAccessSignature sr=a&sig=not%20base64&se=1")]
    [InlineData("SharedAccessSignature sr=a&sig=AAAA&se=1")]
    [InlineData("SharedAccessSignature sr=a&sig=AAAA&se=-1")]
    [InlineData("Bearer abc")]
    public void What_is_no_token_is_refused(string text) => Assert.False(SasToken.TryParse(text, out _));

    [Theory]
    [InlineData(1, false)]
    [InlineData(-299, false)]
    [InlineData(-301, true)]
    public void A_clock_may_be_five_minutes_off(int secondsFromNow, bool expired)
    {
        Assert.True(SasToken.TryParse(Sign("localhost", Now.AddSeconds(secondsFromNow).ToUnixTimeSeconds()), out var token));
        Assert.Equal(expired, token.IsExpired(Now));
    }

    [Fact]
    public void An_expiry_in_milliseconds_is_very_far_away()
    {
        Assert.True(SasToken.TryParse(Sign("localhost", Now.ToUnixTimeMilliseconds() * 1000), out var token));
        Assert.False(token.IsExpired(Now));
        Assert.Equal(DateTimeOffset.MaxValue, token.ExpiresAt);
    }

    [Theory]
    [InlineData("localhost", "devices/a", true)]
    [InlineData("localhost/devices", "devices/a", true)]
    [InlineData("localhost/devices/a", "devices/a", true)]
    [InlineData("localhost/devices/a", "devices/a/modules/m", true)]
    [InlineData("localhost/devices/a/", "devices/a", true)]
    [InlineData("localhost/devices/a", "devices/ab", false)]
    [InlineData("localhost/devices/ab", "devices/a", false)]
    [InlineData("localhost/devices/A", "devices/a", false)]
    [InlineData("localhost/devices/a/modules/m", "devices/a", false)]
    [InlineData("sb://localhost/devices/a", "devices/a", true)]
    [InlineData("localhost%2Fdevices%2Fdev%25201", "devices/dev 1", true)]
    [InlineData("localhost%2Fdevices%2Fdev%201", "devices/dev 1", true)]
    [InlineData("localhost%2Fdevices%2Fa%2562", "devices/ab", false)]
    public void A_scope_covers_what_is_at_or_below_it_by_segment(string resource, string path, bool covers)
    {
        Assert.True(SasToken.TryParse(Sign(resource, 1900000000), out var token));
        Assert.Equal(covers, token.Covers(path.Split('/')));
        Assert.Equal("localhost", token.Host);
    }

    [Fact]
    public void Another_key_another_expiry_or_another_resource_breaks_the_signature()
    {
        var text = Sign("localhost/devices/a", 1900000000);
        Assert.True(SasToken.TryParse(text, out var token));
        Assert.False(token.IsSignedBy(Convert.ToBase64String(new byte[32])));
        Assert.False(token.IsSignedBy(""));
        Assert.True(SasToken.TryParse(text.Replace("1900000000", "1900000001", StringComparison.Ordinal), out var later));
        Assert.False(later.IsSignedBy(Key));
        Assert.True(SasToken.TryParse(text.Replace("devices/a", "devices/b", StringComparison.Ordinal), out var other));
        Assert.False(other.IsSignedBy(Key));
    }

    internal static string Sign(string resource, long expiry, string? policy = null, byte[]? key = null)
    {
        var se = expiry.ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(key ?? Convert.FromBase64String(Key), Encoding.UTF8.GetBytes($"{resource}\n{se}"));
        var token = $"SharedAccessSignature sr={resource}&sig={Uri.EscapeDataString(Convert.ToBase64String(signature))}&se={se}";
        return policy is null ? token : $"{token}&skn={policy}";
    }

    private static IEnumerable<string[]> Orders(string[] fields) => fields.Length == 1
        ? [fields]
        : fields.SelectMany((field, i) => Orders([.. fields.Where((_, j) => j != i)]).Select(rest => (string[])[field, .. rest]));
}
