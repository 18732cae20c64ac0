import java.io.BufferedReader;
import java.util.ArrayList;
import java.util.List;
import okhttp3.Response;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.ApiResponse;
import org.openapitools.client.api.ChatApi;
import org.openapitools.client.api.GenerationsApi;
import org.openapitools.client.api.HealthApi;
import org.openapitools.client.api.HistoryApi;
import org.openapitools.client.api.ModelsApi;
import org.openapitools.client.model.ChatRequest;
import org.openapitools.client.model.ChatResponse;
import org.openapitools.client.model.Conversation;
import org.openapitools.client.model.ConversationSummary;
import org.openapitools.client.model.DoneEvent;
import org.openapitools.client.model.ErrorResponse;
import org.openapitools.client.model.Message;
import org.openapitools.client.model.ModelList;
import org.openapitools.client.model.ModelParameters;
import org.openapitools.client.model.NewConversation;
import org.openapitools.client.model.StreamEvent;
import org.openapitools.client.model.TokenEvent;
import org.openapitools.client.model.UpdateConversation;

/** Calls the service through the generated client and prints one line a check. */
public class Check {
  interface Body {
    void run() throws Exception;
  }

  static int failed = 0;
  static ChatResponse first;

  static void check(String name, Body body) {
    try {
      body.run();
      System.out.println("ok " + name);
    } catch (Throwable error) {
      failed += 1;
      String message = String.valueOf(error).replace('\n', ' ');
      System.out.println("fail " + name + ": " + message.substring(0, Math.min(300, message.length())));
    }
  }

  static void equal(Object actual, Object expected) {
    if (!expected.equals(actual)) throw new AssertionError(actual + " instead of " + expected);
  }

  static ChatRequest next(String message) {
    return new ChatRequest().message(message).conversationId(first.getConversationId());
  }

  public static void main(String[] arguments) {
    ApiClient client = new ApiClient().setBasePath(arguments[0]);
    ChatApi chat = new ChatApi(client);
    GenerationsApi generations = new GenerationsApi(client);
    HistoryApi history = new HistoryApi(client);

    check("health", () -> equal(new HealthApi(client).getHealth().getStatus().getValue(), "healthy"));

    check("models", () -> {
      ModelList models = new ModelsApi(client).listModels();
      String name = models.getDefaultModel();
      equal(models.getModels().stream().anyMatch(model -> model.getName().equals(name)), true);
    });

    check("whole answer", () -> {
      ModelParameters parameters = new ModelParameters().temperature(0.2).addStopItem("END");
      first = chat.sendMessage(new ChatRequest().message("Hello").parameters(parameters), null, null, null);
      equal(first.getFinishReason().getValue(), "stop");
    });

    check("stream", () -> {
      List<StreamEvent> events = new ArrayList<>();
      try (Response response = chat.streamMessageCall(next("And?"), null, null, null, null).execute();
          BufferedReader lines = new BufferedReader(response.body().charStream())) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("data: ")) events.add(StreamEvent.fromJson(line.substring(6)));
        }
      }
      equal(events.get(0).getActualInstance() instanceof TokenEvent, true);
      Object last = events.get(events.size() - 1).getActualInstance();
      equal(((DoneEvent) last).getDone(), true);
    });

    check("stream as text", () -> {
      equal(chat.streamMessage(next("And?"), null, null, null).startsWith("data: "), true);
    });

    check("respond-async", () -> {
      ApiResponse<ChatResponse> answer =
          chat.sendMessageWithHttpInfo(new ChatRequest().message("Later"), "respond-async, return=minimal", null, null);
      equal(answer.getStatusCode(), 202);
      String id = answer.getHeaders().get("x-generation-id").get(0);
      equal(generations.getGeneration(id).getId(), id);
    });

    check("cancel", () ->
        equal(generations.cancelGeneration(first.getGenerationId()).getStatus().getValue(), "completed"));

    check("history", () -> {
      String id = first.getConversationId();
      List<ConversationSummary> listed =
          history.listConversations(5, null, null, null, null, null, null, null).getConversations();
      equal(listed.stream().anyMatch(conversation -> conversation.getId().equals(id)), true);
      UpdateConversation title = new UpdateConversation().title("Renamed");
      equal(history.updateConversation(id, title, null).getTitle(), "Renamed");
      StringBuilder roles = new StringBuilder();
      for (Message message : history.getConversation(id, null, null, null, null).getMessages()) {
        roles.append(message.getRole().getValue()).append(' ');
      }
      equal(roles.toString(), "user assistant ".repeat(3));
      equal(history.deleteConversation(id, null).getMessage().isEmpty(), false);
    });

    check("settings", () -> {
      NewConversation plans = new NewConversation().title("Plans").addTagsItem("work");
      Conversation made =
          history.createConversation(plans.parameters(new ModelParameters().temperature(0.1)));
      equal(made.getParameters().getTemperature(), 0.1);
      List<ConversationSummary> listed =
          history.listConversations(null, null, null, "all", null, "work", null, null).getConversations();
      equal(listed.get(0).getId(), made.getId());
      UpdateConversation none = new UpdateConversation().parameters(new ModelParameters());
      Conversation changed = history.updateConversation(made.getId(), none, null);
      equal(changed.getTags(), List.of("work"));
    });

    check("branches", () -> {
      ChatResponse asked = chat.sendMessage(new ChatRequest().message("One"), null, null, null);
      String id = asked.getConversationId();
      chat.sendMessage(new ChatRequest().message("Two").conversationId(id).parentId(id), null, null, null);
      Conversation read = history.getConversation(id, null, null, null, null);
      equal(read.getMessages().get(0).getSiblings().size(), 2);
      UpdateConversation choice = new UpdateConversation().activeMessageId(asked.getMessageId());
      String etag = '"' + read.getRevision().toString() + '"';
      equal(history.updateConversation(id, choice, etag).getActiveMessageId(), asked.getMessageId());
      try {
        history.updateConversation(id, choice, etag);
        throw new AssertionError("no error");
      } catch (ApiException error) {
        equal(error.getCode(), 412);
        ErrorResponse body = ErrorResponse.fromJson(error.getResponseBody());
        equal(body.getConversation().getActiveMessageId(), asked.getMessageId());
      }
    });

    check("error", () -> {
      try {
        history.getConversation(first.getConversationId(), null, null, null, null);
        throw new AssertionError("no error");
      } catch (ApiException error) {
        equal(error.getCode(), 404);
        ErrorResponse body = ErrorResponse.fromJson(error.getResponseBody());
        equal(body.getReason().getValue(), "conversation_not_found");
      }
    });

    System.exit(failed > 0 ? 1 : 0);
  }
}
