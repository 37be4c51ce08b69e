using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace Muster.Access;

public sealed class PrincipalTokenTests
{
    [Fact]
    public void A_token_says_whose_it_is_and_opens_what_is_kept_of_it()
    {
        var (token, salt, hash) = PrincipalToken.Make("rosa@plant.example", TestKeys.Seal);

        Assert.True(PrincipalToken.TryParse(token, out var name, out var secret));
        Assert.Equal(("rosa@plant.example", 32), (name, secret.Length));
        Assert.StartsWith("muster_", token, StringComparison.Ordinal);
        Assert.True(PrincipalToken.Opens(Kept(salt, hash), secret));
    }

    [Fact]
    public void What_is_kept_is_a_salted_hash_and_holds_nothing_of_the_secret()
    {
        var (token, salt, hash) = PrincipalToken.Make("rosa", TestKeys.Seal);
        Assert.True(PrincipalToken.TryParse(token, out _, out var secret));

        Assert.Equal(SHA256.HashData([.. salt, .. secret]), hash);
        Assert.Equal(16, salt.Length);
    }

    [Fact]
    public void No_two_tokens_are_alike_and_none_opens_for_another()
    {
        var one = PrincipalToken.Make("rosa", TestKeys.Seal);
        var other = PrincipalToken.Make("rosa", TestKeys.Seal);
        Assert.True(PrincipalToken.TryParse(one.Token, out _, out var secret));

        Assert.NotEqual(one.Token, other.Token);
        Assert.NotEqual(one.Salt, other.Salt);
        Assert.False(PrincipalToken.Opens(Kept(other.Salt, other.Hash), secret));
        Assert.False(PrincipalToken.Opens(Kept(other.Salt, one.Hash), secret));
    }

    [Fact]
    public void Every_change_of_a_character_of_the_secret_is_another_secret()
    {
        var (token, salt, hash) = PrincipalToken.Make("rosa", TestKeys.Seal);

        // 42 characters hold bits of the secret alone; behind them is the seal.
        var start = token.IndexOf('.', StringComparison.Ordinal) + 1;
        for (var i = start; i < start + 42; i++)
        {
            Assert.False(PrincipalToken.TryParse(Changed(token, i), out _, out var secret) && PrincipalToken.Opens(Kept(salt, hash), secret));
        }
    }

    [Fact]
    public void A_token_is_sealed_by_the_hub_that_made_it_and_no_change_of_it_is()
    {
        var token = PrincipalToken.Make("rosa", TestKeys.Seal).Token;

        Assert.True(PrincipalToken.IsSealed(token, TestKeys.Seal));
        Assert.False(PrincipalToken.IsSealed(token, new PrincipalSeal(new TestKeys("another hub"))));

        // The last character holds two bits of the seal and four of nothing.
        Assert.All(Enumerable.Range(0, token.Length - 1), i => Assert.False(PrincipalToken.IsSealed(Changed(token, i), TestKeys.Seal)));
        Assert.All(["", "nonsense", "muster_cm9zYQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], text => Assert.False(PrincipalToken.IsSealed(text, TestKeys.Seal)));
    }

    [Fact]
    public void A_text_of_another_form_is_no_token()
    {
        var token = PrincipalToken.Make("rosa", TestKeys.Seal).Token;

        Assert.All(
            [
                null, "", "muster_", "muster_.", "muster_cm9zYQ", "muster_cm9zYQ.", token[..^1], token + "A", token[1..], token.ToUpperInvariant(), " " + token,
                token.Replace('.', '~'), token[..^2] + "\n\n", token[..^1] + "=", token[..^1] + "é", "muster_" + new string('a', 300) + ".A",
                "muster_*." + token[^54..], "muster_." + token[^54..],
            ],
            text => Assert.False(PrincipalToken.TryParse(text, out _, out _)));
    }

    private static string Changed(string token, int at) => new StringBuilder(token) { [at] = token[at] == 'A' ? 'B' : 'A' }.ToString();

    private static StoredPrincipal Kept(ImmutableArray<byte> salt, ImmutableArray<byte> hash) =>
        new() { Name = "rosa", Roles = ["author"], CreatedAt = default, ExpiresAt = default, Salt = salt, Hash = hash };
}
