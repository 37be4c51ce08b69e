using System.Text;
using Muster.Updates;
using Xunit;

namespace Muster.Ddi;

public sealed class DdiFeedbackTests
{
    [Fact]
    public void SWUpdate_that_succeeds_downloads_installs_and_is_done_only_after_the_reboot() => Assert.Equal(
        [AgentEvent.Downloading, AgentEvent.Log, AgentEvent.Installing, AgentEvent.Installed, AgentEvent.Succeeded],
        [
            SwUpdate("proceeding", "none", "Installing Update Chunk Artifacts."),
            SwUpdate("proceeding", "none", "[TRACE] : SWUPDATE running", "[INFO ] : Software Update started !"),
            SwUpdate("proceeding", "none", "Installed Chunk."),
            SwUpdate("proceeding", "none", "All Chunks Installed."),
            SwUpdate("closed", "success", "Update Installed."),
        ]);

    [Fact]
    public void SWUpdate_that_skipped_an_update_did_not_install_it() =>
        Assert.Equal(AgentEvent.Skipped, SwUpdate("closed", "success", "Skipped Update."));

    [Fact]
    public void SWUpdate_that_still_tests_what_it_installed_has_not_confirmed_it() =>
        Assert.Equal(AgentEvent.Installed, SwUpdate("proceeding", "none", "Update Installed, Testing Pending."));

    [Fact]
    public void SWUpdate_whose_boot_loader_fell_back_has_failed() => Assert.Equal(AgentEvent.Failed, SwUpdate("closed", "failure", "Update Failed."));

    [Fact]
    public void RAUC_that_succeeds_has_written_the_image_and_no_more() => Assert.Equal(
        [AgentEvent.Downloaded, AgentEvent.Downloaded, AgentEvent.Installing, AgentEvent.Installing, AgentEvent.Installed],
        [
            Rauc("proceeding", "none", "Download complete. 3.20 MB/s"),
            Rauc("proceeding", "none", "File checksum OK."),
            Rauc("proceeding", "none", " 20% Checking bundle done."),
            Rauc("proceeding", "none", "100% Installing done."),
            Rauc("closed", "success", "Software bundle installed successfully."),
        ]);

    [Fact]
    public void RAUC_that_may_only_download_says_so() => Assert.Equal(AgentEvent.Downloaded, Rauc("downloaded", "success"));

    [Theory]
    [InlineData("closed", "failure", AgentEvent.Failed)]
    [InlineData("closed", "success", AgentEvent.Succeeded)]
    [InlineData("closed", "none", AgentEvent.Succeeded)]
    [InlineData("closed", "", AgentEvent.Succeeded)]
    [InlineData("canceled", "none", AgentEvent.Canceled)]
    [InlineData("rejected", "none", AgentEvent.Log)]
    [InlineData("download", "none", AgentEvent.Downloading)]
    [InlineData("downloaded", "none", AgentEvent.Downloaded)]
    [InlineData("scheduled", "none", AgentEvent.Log)]
    [InlineData("resumed", "none", AgentEvent.Log)]
    [InlineData("nonsense", "success", AgentEvent.Log)]
    public void Words_of_DDI_mean_what_they_say(string execution, string finished, AgentEvent happened) => Assert.Equal(happened, SwUpdate(execution, finished));

    [Theory]
    [InlineData("closed", "success", AgentEvent.Canceled)]
    [InlineData("closed", "none", AgentEvent.Canceled)]
    [InlineData("canceled", "none", AgentEvent.Canceled)]
    [InlineData("closed", "failure", AgentEvent.CancelRejected)]
    [InlineData("rejected", "success", AgentEvent.CancelRejected)]
    [InlineData("proceeding", "none", AgentEvent.Log)]
    public void A_cancellation_is_acknowledged_or_rejected(string execution, string finished, AgentEvent happened) =>
        Assert.Equal(happened, DdiFeedback.OfCancellation(Said(execution, finished)));

    [Fact]
    public void A_failure_is_explained_by_the_errors_that_came_before_its_last_sentence()
    {
        var said = Said("closed", "failure", "ERROR : SW not compatible with hardware", "No suitable .swu image found");
        string[] earlier = ["ERROR : Authentication of all signatures failed", "ERROR : SW not compatible with hardware"];

        Assert.Equal(
            "ERROR : Authentication of all signatures failed\nERROR : SW not compatible with hardware\nNo suitable .swu image found",
            DdiFeedback.Words(said, AgentEvent.Failed, earlier));
        Assert.Equal("ERROR : SW not compatible with hardware", DdiFeedback.Words(said, AgentEvent.Log, earlier));
        Assert.Null(DdiFeedback.Words(Said("closed", "success"), AgentEvent.Succeeded, []));
    }

    [Theory]
    [InlineData("ERROR : Authentication of all signatures failed\nNo suitable .swu image found", "20000001")]
    [InlineData("Failed to install software bundle.", "20000001")]
    [InlineData(null, "20000001")]
    [InlineData("ERROR : Channel operation returned error (23):  Failed writing received data to disk/application", "10000001")]
    [InlineData("ERROR : Channel operation returned error (23)\nERROR : HASH mismatch : be88 <--> 6281", "10000002")]
    [InlineData("Invalid checksum: a2 expected b1", "10000002")]
    [InlineData("ERROR : write failed: No space left on device", "10000003")]
    public void A_failure_has_the_code_that_its_words_stand_for(string? words, string code) => Assert.Equal(code, DdiFeedback.Code(words));

    [Fact]
    public void Words_are_cut_to_what_a_report_holds_with_their_end_kept()
    {
        var text = DdiFeedback.Words(Said("closed", "failure", new string('x', 2000), "end"), AgentEvent.Failed, [])!;

        Assert.Equal(AgentReport.MaxMessageLength, text.Length);
        Assert.EndsWith("\nend", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Feedback_is_read_as_SWUpdate_and_as_RAUC_send_it()
    {
        var fromSwUpdate = Read("""{"id":101,"time":"20261123T104443","status":{"result":{"finished":"none","progress":{"cnt":0,"of":1}},"execution":"proceeding","details":["Installing Update Chunk Artifacts."]}}""");
        Assert.Equal(("proceeding", "none"), (fromSwUpdate.Execution, fromSwUpdate.Finished));
        Assert.Equal(["Installing Update Chunk Artifacts."], fromSwUpdate.Details);

        var fromRauc = Read("""{"id":"101","time":"20261123T104443","status":{"result":{"finished":"SUCCESS"},"execution":"CLOSED","code":5,"details":"one line"}}""");
        Assert.Equal(("closed", "success", "5"), (fromRauc.Execution, fromRauc.Finished, fromRauc.Code));
        Assert.Equal(["one line"], fromRauc.Details);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"status":5}""")]
    [InlineData("""{"status":{"result":{"finished":"success"}}}""")]
    [InlineData("""{"status":{"execution":7}}""")]
    public void What_is_no_feedback_is_said_to_be_none(string body)
    {
        Assert.False(FeedbackMessage.TryParse(Encoding.UTF8.GetBytes(body), out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void More_details_than_may_be_are_left_out()
    {
        var details = string.Join(",", Enumerable.Repeat("\"x\"", FeedbackMessage.MaxDetails + 10));
        Assert.Equal(FeedbackMessage.MaxDetails, Read($$$"""{"status":{"execution":"proceeding","details":[{{{details}}}]}}""").Details.Count);
    }

    [Fact]
    public void A_long_line_is_cut_and_never_through_a_character()
    {
        var start = new string('x', AgentLog.MaxLineLength - 1);
        Assert.Equal([start], Read($$$"""{"status":{"execution":"closed","details":["{{{start}}}\ud83d\ude00 and more"]}}""").Details);
    }

    private static FeedbackMessage Read(string body)
    {
        Assert.True(FeedbackMessage.TryParse(Encoding.UTF8.GetBytes(body), out var said, out var problem), problem);
        return said;
    }

    private static AgentEvent SwUpdate(string execution, string finished, params string[] details) => DdiFeedback.OfDeployment(UpdateAgent.SwUpdate, Said(execution, finished, details));

    private static AgentEvent Rauc(string execution, string finished, params string[] details) => DdiFeedback.OfDeployment(UpdateAgent.Rauc, Said(execution, finished, [.. details.Select(line => line.Trim())]));

    private static FeedbackMessage Said(string execution, string finished, params string[] details) => new(execution, finished, null, details);
}
