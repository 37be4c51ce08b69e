using Xunit;

namespace Muster.Hosting;

public sealed class ArgumentsTests
{
    [Fact]
    public void Every_option_sets_its_key_in_both_spellings()
    {
        foreach (var option in SiloOption.All.Where(option => option.Key is not null))
        {
            Assert.Equal("7", Settings(option.Name, "7")[option.Key!]);
            Assert.Equal("a=b", Settings($"{option.Name}=a=b")[option.Key!]);
        }
    }

    [Fact]
    public void The_last_word_on_a_key_wins() => Assert.Equal("2", Settings("--mqtt-port", "1", "--set", "Hub:MqttPort=2")[SettingKeys.MqttPort]);

    [Fact]
    public void Set_takes_any_key_and_a_value_with_equals_signs()
    {
        var settings = Settings("--set", "Hub:MaxConnections=10", "--set=Some:Key=a=b=");
        Assert.Equal("10", settings["Hub:MaxConnections"]);
        Assert.Equal("a=b=", settings["Some:Key"]);
    }

    [Theory]
    [InlineData("unknown option '--unheard-of' (--help lists the options)", "--unheard-of")]
    [InlineData("unknown option '--https'; did you mean --https-port? (--help lists the options)", "--https", "1")]
    [InlineData("unknown argument 'stray' (--help lists the options)", "--devices", "1", "stray")]
    [InlineData("--devices needs a value: --devices N", "--devices")]
    [InlineData("--devices needs a value: --devices N", "--devices=")]
    [InlineData("--devices needs a value: --devices N", "--devices", "--bind", "127.0.0.1")]
    [InlineData("--set takes Section:Key=value, not 'Hub'", "--set", "Hub")]
    [InlineData("--set takes Section:Key=value, not '=x'", "--set", "=x")]
    public void What_is_not_understood_is_named(string why, params string[] args) =>
        Assert.Equal(why, Assert.IsType<Arguments.Refused>(Arguments.Parse(args)).Why);

    [Fact]
    public void Help_is_asked_for_anywhere_and_names_every_option()
    {
        Assert.IsType<Arguments.Help>(Arguments.Parse(["--devices", "5", "--help"]));
        Assert.All(SiloOption.All, option => Assert.Contains(option.Name, SiloOption.HelpText(), StringComparison.Ordinal));
    }

    [Fact]
    public void Making_secrets_is_another_thing_than_running()
    {
        var make = Assert.IsType<Arguments.MakeSecrets>(Arguments.Parse(["--make-secrets", "s", "--host", "hub.example"]));
        Assert.Equal(("s", "hub.example"), (make.Settings[SettingKeys.SecurityFolder], make.Settings[SettingKeys.HostName]));
    }

    private static IReadOnlyDictionary<string, string?> Settings(params string[] args) => Arguments.Parse(args) switch
    {
        Arguments.Run run => run.Settings,
        Arguments.MakeSecrets make => make.Settings,
        var other => throw new InvalidOperationException($"{other}"),
    };
}
