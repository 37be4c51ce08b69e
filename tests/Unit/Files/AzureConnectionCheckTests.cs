using Muster.Storage.Azure;
using Xunit;

namespace Muster.Files;

public sealed class AzureConnectionCheckTests
{
    private const string Key = "c2VjcmV0IHRoYXQgbXVzdCBub3QgYmUgc2hvd24=";

    [Fact]
    public void A_connection_string_with_the_accounts_key_will_do() =>
        Assert.True(Check($"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={Key};BlobEndpoint=https://127.0.0.1:10000/a;").Succeeded);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=not base64 " + Key)]
    [InlineData("BlobEndpoint=https://127.0.0.1:10000/a;SharedAccessSignature=sv=2020-10-02&sig=" + Key)]
    public void Another_one_is_refused_before_the_start_and_its_key_is_not_shown(string text)
    {
        var result = Check(text);
        Assert.True(result.Failed);
        Assert.DoesNotContain("c2VjcmV0", result.FailureMessage, StringComparison.Ordinal);
    }

    private static Microsoft.Extensions.Options.ValidateOptionsResult Check(string text) =>
        new AzureConnectionCheck().Validate(null, new FilesOptions { AzureConnectionString = text });
}
