# frozen_string_literal: true

# Puts every table into a box that scrolls when the table is wider than the text. A table that scrolls itself, as a block,
# would no longer be a table for those who hear the page.
module Nbpress
  module Tables
    FOREIGN = %r{<!--.*?-->|<(?<name>script|style|textarea|template)\b.*?</\k<name>\s*>}mi
    TAG = %r{#{FOREIGN}|<(?<close>/?)table\b[^>]*>}mi

    module_function

    def wrap(html)
      return html unless html.include?("<table")

      html.gsub(TAG) do |tag|
        case Regexp.last_match[:close]
        when "" then %(<div class="table-scroll">#{tag})
        when "/" then "#{tag}</div>"
        else tag
        end
      end
    end
  end
end

Jekyll::Hooks.register %i[posts pages], :post_convert do |document|
  document.content = Nbpress::Tables.wrap(document.content) if %w[post notebook page].include?(document.data["layout"])
end
