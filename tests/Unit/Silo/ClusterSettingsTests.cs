using Xunit;

namespace Muster.Hosting;

public sealed class ClusterSettingsTests
{
    private const string Account = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net";
    private const string Database = "Host=db;Password=secret word";

    [Fact]
    public void One_process_alone_is_no_cluster_and_speaks_no_TLS_inside()
    {
        var settings = SettingsReaderTests.Read([]).Settings;
        Assert.False(settings.IsCluster || settings.Tls || settings.SharesSecrets);
        Assert.Equal(("silo-1", "muster", settings.DataFolder), (settings.SiloName, settings.ClusterId, settings.SecurityFolder));
        Assert.Equal(TimeSpan.Zero, settings.DrainTime);
    }

    [Fact]
    public void A_database_makes_a_cluster_with_TLS_inside_and_time_to_drain()
    {
        var (settings, errors) = SettingsReaderTests.Read([(SettingKeys.ConnectionString, Database), (SettingKeys.Bind, "127.0.0.9")]);
        Assert.Empty(errors);
        Assert.True(settings.IsCluster && settings.Tls);
        Assert.Equal(Environment.MachineName, settings.SiloName);
        Assert.Equal("127.0.0.9", settings.AdvertisedAddress.ToString());
        Assert.Equal(TimeSpan.FromSeconds(20), settings.DrainTime);
    }

    [Fact]
    public void A_connection_string_that_is_none_is_refused_without_repeating_its_secret()
    {
        var error = Assert.Single(SettingsReaderTests.Read([(SettingKeys.ConnectionString, "Hots=db;Password=secret word")]).Errors);
        Assert.StartsWith(SettingKeys.ConnectionString, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Documents_stay_in_the_database_unless_an_account_is_given()
    {
        Assert.Null(SettingsReaderTests.Read([(SettingKeys.DocumentsContainer, "others")]).Settings.Documents);
        Assert.Equal(new(Account, "muster-documents"), SettingsReaderTests.Read([(SettingKeys.DocumentsConnectionString, Account)]).Settings.Documents);
        Assert.Equal(
            "north-2-documents",
            SettingsReaderTests.Read([(SettingKeys.DocumentsConnectionString, Account), (SettingKeys.ClusterId, "North_2")]).Settings.Documents!.Container);
    }

    [Theory]
    [InlineData("AccountName=a")]
    [InlineData("AccountName=a;AccountKey=secret word")]
    [InlineData("secret")]
    [InlineData("secret=;=;;=")]
    public void An_account_that_is_none_is_refused_without_repeating_its_secret(string account)
    {
        var error = Assert.Single(SettingsReaderTests.Read([(SettingKeys.DocumentsConnectionString, account)]).Errors);
        Assert.StartsWith(SettingKeys.DocumentsConnectionString, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("Upper")]
    [InlineData("two--hyphens")]
    [InlineData("-first")]
    [InlineData("last-")]
    [InlineData("under_score")]
    public void A_container_that_Azure_would_not_take_is_refused(string container)
    {
        var error = Assert.Single(SettingsReaderTests.Read([(SettingKeys.DocumentsConnectionString, Account), (SettingKeys.DocumentsContainer, container)]).Errors);
        Assert.StartsWith(SettingKeys.DocumentsContainer, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SettingKeys.SiloName, "two words")]
    [InlineData(SettingKeys.ClusterId, "")]
    [InlineData(SettingKeys.Tls, "perhaps")]
    [InlineData(SettingKeys.AdvertisedAddress, "here")]
    [InlineData(SettingKeys.DrainTime, "00:11:00")]
    public void What_cannot_be_is_said_with_its_key(string key, string value) =>
        Assert.StartsWith(key, Assert.Single(SettingsReaderTests.Read([(key, value)]).Errors), StringComparison.Ordinal);

    [Fact]
    public void A_mistyped_key_is_no_setting_and_a_real_one_is()
    {
        Assert.Empty(KnownSettings.Errors(["Hub:MaxConnections", "hub:maxconnections", "Storage:ConnectionString", "Logging:LogLevel:Muster", "Hub:HostNames:0"]));
        Assert.Equal(["there is no setting Hub:MaxConections (docs/settings.md lists them)"], KnownSettings.Errors(["Hub:MaxConections"]));
    }
}
