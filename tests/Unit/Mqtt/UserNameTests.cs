using Xunit;

namespace Muster.Mqtt;

public sealed class UserNameTests
{
    [Theory]
    [InlineData("hub/dev1/?api-version=2021-04-12&DeviceClientType=azure-iot-device%2F1.18.4", "dev1", "2021-04-12", null)]
    [InlineData("hub/dev1/api-version=2016-11-14&DeviceClientType=iothubclient%2f1.1.30", "dev1", "2016-11-14", null)]
    [InlineData("hub/dev1/?api-version=2021-04-12&model-id=dtmi:com:x;1&DeviceClientType=x", "dev1", "2021-04-12", "dtmi:com:x;1")]
    [InlineData("hub/dev1/?api-version=2020-09-30&model-id=dtmi%3Acom%3Ax%3B1", "dev1", "2020-09-30", "dtmi:com:x;1")]
    [InlineData("hub/dev1/mod1/?api-version=2021-04-12", "dev1/mod1", "2021-04-12", null)]
    [InlineData("hub/dev1", "dev1", null, null)]
    [InlineData("hub/dev1/", "dev1", null, null)]
    [InlineData("hub/a%b?c/?api-version=1", "a%b?c", "1", null)]
    [InlineData("hub/dev%201/?api-version=1", "dev 1", "1", null)]
    public void Every_clients_form_is_understood(string text, string clientId, string? version, string? model)
    {
        var name = UserName.Parse(text, clientId);
        Assert.Equal(("hub", version, model), (name?.Host, name?.ApiVersion, name?.ModelId));
    }

    [Fact]
    public void A_port_stays_with_the_host() => Assert.Equal("hub:18883", UserName.Parse("hub:18883/d/?api-version=1", "d")?.Host);

    [Theory]
    [InlineData("hub/dev1/?api-version=1", "dev2")]
    [InlineData("hub/dev1/?api-version=1", "dev")]
    [InlineData("hub/dev1/mod1/?api-version=1", "dev1")]
    [InlineData("hub/dev1/?api-version=1", "dev1/mod1")]
    [InlineData("dev1", "dev1")]
    [InlineData("/dev1", "dev1")]
    [InlineData("hub/0ne00/registrations/dev1/api-version=2019-03-31", "dev1")]
    [InlineData("hub/", "")]
    [InlineData("", "dev1")]
    public void A_name_that_speaks_of_another_client_is_refused(string text, string clientId) => Assert.Null(UserName.Parse(text, clientId));
}
