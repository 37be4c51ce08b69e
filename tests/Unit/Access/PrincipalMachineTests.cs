using System.Collections.Immutable;
using Muster.Errors;
using Xunit;

namespace Muster.Access;

public sealed class PrincipalMachineTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly PrincipalsState Nobody = new();

    [Fact]
    public void A_principal_is_whom_its_token_says_until_it_expires()
    {
        var (state, token) = With(Nobody, Spec("rosa", "author", "firmware-lead") with { ExpiresAt = Now.AddHours(1) });

        var granted = Assert.IsType<PrincipalAccess.Granted>(PrincipalMachine.Authenticate(state, token, Now.AddHours(1).AddTicks(-1))).Principal;
        Assert.Equal(("rosa", Now, Now.AddHours(1)), (granted.Name, granted.CreatedAt, granted.ExpiresAt));
        Assert.Equal(["author", "firmware-lead"], granted.Roles);

        var refused = Assert.IsType<PrincipalAccess.Refused>(PrincipalMachine.Authenticate(state, token, Now.AddHours(1)));
        Assert.Equal(new Refusal(HubErrorCode.IotHubUnauthorizedAccess, "The token of rosa expired at 2030-01-02 04:04:05Z."), refused.Why);
    }

    [Fact]
    public void Nobody_learns_from_a_refusal_whether_there_is_such_a_principal()
    {
        var (state, token) = With(Nobody, Spec("rosa"));
        var stranger = PrincipalToken.Make("stranger", TestKeys.Seal).Token;
        var guess = PrincipalToken.Make("rosa", TestKeys.Seal).Token;

        Assert.IsType<PrincipalAccess.Granted>(PrincipalMachine.Authenticate(state, token, Now));
        Assert.Equal(PrincipalMachine.Authenticate(state, stranger, Now), PrincipalMachine.Authenticate(state, guess, Now));
    }

    [Fact]
    public void The_token_of_one_does_not_speak_for_another()
    {
        var (first, rosa) = With(Nobody, Spec("rosa"));
        var (state, omar) = With(first, Spec("omar"));
        var forged = omar[..omar.IndexOf('.', StringComparison.Ordinal)] + rosa[rosa.IndexOf('.', StringComparison.Ordinal)..];

        Assert.IsType<PrincipalAccess.Refused>(PrincipalMachine.Authenticate(state, forged, Now));
    }

    [Fact]
    public void A_deleted_principal_opens_nothing_even_when_the_name_is_given_again()
    {
        var (state, token) = With(Nobody, Spec("rosa"));
        var (without, why) = PrincipalMachine.Delete(state, "rosa");
        var (again, second) = With(without, Spec("rosa"));

        Assert.Null(why);
        Assert.Empty(without.Principals);
        Assert.IsType<PrincipalAccess.Refused>(PrincipalMachine.Authenticate(again, token, Now));
        Assert.IsType<PrincipalAccess.Granted>(PrincipalMachine.Authenticate(again, second, Now));
        Assert.Equal(HubErrorCode.PrincipalNotFound, PrincipalMachine.Delete(without, "rosa").Why?.Code);
    }

    [Fact]
    public void A_name_is_taken_until_it_is_deleted_though_it_expired()
    {
        var (state, _) = With(Nobody, Spec("rosa") with { ExpiresAt = Now.AddSeconds(1) });

        var (next, why) = Create(state, Spec("rosa"), Now.AddDays(1));

        Assert.Equal(HubErrorCode.PrincipalAlreadyExists, why?.Code);
        Assert.Same(state, next);
    }

    [Fact]
    public void Principals_stand_by_name()
    {
        var state = With(With(With(Nobody, Spec("omar")).State, Spec("zoe")).State, Spec("anna")).State;

        Assert.Equal(["anna", "omar", "zoe"], state.Principals.Select(static principal => principal.Name));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("rosa.lindqvist_2@plant-3.example", true)]
    [InlineData("", false)]
    [InlineData("Rosa", false)]
    [InlineData("rosa lindqvist", false)]
    [InlineData("policy:iothubowner", false)]
    [InlineData("rösa", false)]
    [InlineData("a/b", false)]
    [InlineData("engine", false)]
    [InlineData("device", false)]
    [InlineData("rollout", false)]
    public void Names_are_short_plain_and_nobody_elses(string name, bool isName)
    {
        Assert.Equal(isName, PrincipalNames.IsName(name));
        Assert.Equal(isName, Create(Nobody, Spec(name), Now).Why is null);
    }

    [Theory]
    [InlineData("author", true)]
    [InlineData("site-operations-2", true)]
    [InlineData("", false)]
    [InlineData("Author", false)]
    [InlineData("site operations", false)]
    [InlineData("site_operations", false)]
    public void Roles_are_lower_case_words(string role, bool isRole)
    {
        Assert.Equal(isRole, PrincipalNames.IsRole(role));
        Assert.Equal(isRole, Create(Nobody, Spec("rosa", role), Now).Why is null);
    }

    [Fact]
    public void Lengths_and_numbers_are_bounded()
    {
        Assert.Null(Why(Spec(new string('a', 64), new string('b', 64))));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(Spec(new string('a', 65))));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(Spec("rosa", new string('b', 65))));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(new PrincipalSpec { Name = "rosa", Roles = [] }));
        Assert.Null(Why(Spec("rosa", [.. Enumerable.Range(0, 16).Select(static i => $"r{i}")])));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(Spec("rosa", [.. Enumerable.Range(0, 17).Select(static i => $"r{i}")])));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(Spec("rosa", "author", "author")));
    }

    [Fact]
    public void A_principal_lives_ninety_days_unless_said_otherwise_and_never_longer_than_a_leap_year()
    {
        Assert.Equal(Now.AddDays(90), With(Nobody, Spec("rosa")).State.Principals[0].ExpiresAt);
        Assert.Null(Why(Spec("rosa") with { ExpiresAt = Now.AddDays(366) }));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(Spec("rosa") with { ExpiresAt = Now.AddDays(366).AddTicks(1) }));
        Assert.Equal(HubErrorCode.ArgumentInvalid, Why(Spec("rosa") with { ExpiresAt = Now }));
    }

    [Fact]
    public void There_may_be_a_thousand()
    {
        var full = Nobody with { Principals = [.. Enumerable.Range(0, 999).Select(static i => Stored($"p{i:d4}", "author"))] };
        var (last, why) = Create(full, Spec("zoe"), Now);

        Assert.Null(why);
        Assert.Equal(HubErrorCode.TooManyPrincipals, Create(last, Spec("one-more"), Now).Why?.Code);
        Assert.Null(Create(PrincipalMachine.Delete(last, "p0000").Next, Spec("one-more"), Now).Why);
    }

    [Fact]
    public void What_a_document_cannot_hold_is_refused_before_it_is_written()
    {
        ImmutableArray<string> roles = [.. Enumerable.Range(0, 16).Select(static i => $"{i:d2}{new string('r', 62)}")];
        var state = Nobody;
        Refusal? why = null;
        while (why is null && state.Principals.Length < PrincipalMachine.MaxPrincipals)
        {
            (state, why) = Create(state, Spec($"p{state.Principals.Length}", [.. roles]), Now);
        }

        Assert.Equal(HubErrorCode.TooManyPrincipals, why?.Code);
        Assert.InRange(state.Principals.Length, 150, 250);
    }

    private static PrincipalSpec Spec(string name, params string[] roles) => new() { Name = name, Roles = roles is [] ? ["author"] : [.. roles] };

    private static HubErrorCode? Why(PrincipalSpec spec) => Create(Nobody, spec, Now).Why?.Code;

    private static (PrincipalsState Next, Refusal? Why) Create(PrincipalsState state, PrincipalSpec spec, DateTimeOffset now) =>
        PrincipalMachine.Create(state, spec, [1], [2], now);

    private static (PrincipalsState State, string Token) With(PrincipalsState state, PrincipalSpec spec)
    {
        var (token, salt, hash) = PrincipalToken.Make(spec.Name, TestKeys.Seal);
        var (next, why) = PrincipalMachine.Create(state, spec, salt, hash, Now);
        Assert.Null(why);
        return (next, token);
    }

    private static StoredPrincipal Stored(string name, string role) =>
        new() { Name = name, Roles = [role], CreatedAt = Now, ExpiresAt = Now.AddDays(90), Salt = [1], Hash = [2] };
}
